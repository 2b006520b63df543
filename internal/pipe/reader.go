package pipe

import (
	"context"
	"io"
)

// NewReader opens and reads an input in its own goroutine, so that a read that never returns
// (or a named pipe without a writer) cannot outlast ctx. The input is closed at its end, or when
// ctx has ended.
func NewReader(ctx context.Context, open func() (io.ReadCloser, error)) io.Reader {
	p := &pumped{ctx: ctx, full: make(chan piece, 2), free: make(chan []byte, 3)}
	for range cap(p.free) {
		p.free <- make([]byte, 128<<10)
	}
	go func() {
		send := func(next piece) bool {
			select {
			case p.full <- next:
				return next.err == nil
			case <-ctx.Done():
				return false
			}
		}
		r, err := open()
		if err != nil {
			send(piece{err: err})
			return
		}
		defer r.Close()
		for {
			select {
			case buf := <-p.free:
				n, err := r.Read(buf)
				if !send(piece{buf, n, err}) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return p
}

type piece struct {
	buf []byte
	n   int
	err error
}

type pumped struct {
	ctx  context.Context
	full chan piece
	free chan []byte
	now  piece
	at   int
}

func (p *pumped) Read(dst []byte) (int, error) {
	for p.at == p.now.n {
		if p.now.err != nil {
			return 0, p.now.err
		}
		if p.now.buf != nil {
			p.free <- p.now.buf
			p.now = piece{}
			p.at = 0
		}
		select {
		case p.now = <-p.full:
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(dst, p.now.buf[p.at:p.now.n])
	p.at += n
	return n, nil
}
