package collection

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index/collection/internal/parts"
)

// A change adds segments, and what it deletes stays in the old ones. When there are maxSegments, or
// half of the rows are dead, the change merges them.
const maxSegments = 10

// Compact rewrites the collection without the remains of deleted and changed passages, and measures
// the recall of its index. Changes do this by themselves when there is much to gain.
func Compact(ctx context.Context, dir string, o ChangeOptions) (*Changes, error) {
	return change(ctx, dir, o, func(w *changer) error {
		w.merge, w.measure, w.indexChanged, w.touched = true, true, true, true
		if err := w.openWords(""); err != nil {
			return err
		}
		return w.named(w.words.Compact(ctx))
	})
}

// worthMerging reports whether the segments of the next state should be one.
func (w *writer) worthMerging() bool {
	rows, dead := int64(0), uint64(0)
	for _, d := range w.table.Dead {
		dead += d.GetCardinality()
	}
	rows = w.info.Passages + int64(dead)
	return len(w.table.Dead) >= maxSegments || rows > 1000 && int64(dead) > rows/2
}

// mergeSegments replaces the segments of the next state, which are written, by one.
func (w *writer) mergeSegments(ctx context.Context) error {
	var others []Part
	var segments []*parts.Segment
	defer func() {
		for _, g := range segments {
			g.Close()
		}
	}()
	for _, p := range w.parts {
		if !strings.HasSuffix(p.Name, "."+segmentPart) {
			others = append(others, p)
			continue
		}
		g, err := parts.OpenSegment(filepath.Join(w.dir, p.Name), p.Size)
		if err != nil {
			return w.named(err)
		}
		segments = append(segments, g)
	}
	if len(segments) != len(w.table.Dead) {
		return fmt.Errorf("merging the segments of %s: %d segments, expected %d", w.dir, len(segments), len(w.table.Dead))
	}
	w.parts = others
	cursors := make([]*cursor, len(segments))
	for i, g := range segments {
		cursors[i] = &cursor{segment: g, dead: w.table.Dead[i], block: -1}
		if err := cursors[i].next(); err != nil {
			return w.named(err)
		}
	}
	err := w.put(ctx, w.next(segmentPart), func(out io.Writer) error {
		s := parts.NewWriter(out)
		for n := 0; ; n++ {
			var first *cursor
			for _, c := range cursors {
				if len(c.rows) > 0 && (first == nil || c.rows[0].Label < first.rows[0].Label) {
					first = c
				}
			}
			if first == nil {
				return s.Finish()
			}
			if err := s.Add(&first.rows[0]); err != nil {
				return err
			}
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := first.next(); err != nil {
				return err
			}
		}
	})
	w.table.Dead = []*roaring64.Bitmap{roaring64.New()}
	return err
}

// cursor reads the rows of a segment, a block at a time.
type cursor struct {
	segment *parts.Segment
	dead    *roaring64.Bitmap
	block   int
	rows    []parts.Row // the next ones of the block
}

// next goes to the next row. There is none if rows is empty then.
func (c *cursor) next() error {
	if len(c.rows) > 0 {
		c.rows = c.rows[1:]
	}
	for len(c.rows) == 0 && c.block+1 < len(c.segment.Blocks) {
		c.block++
		var err error
		if c.rows, err = c.segment.Live(c.block, c.dead, true); err != nil {
			return err
		}
	}
	return nil
}
