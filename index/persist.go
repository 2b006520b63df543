package index

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// The file, all of it little endian:
//
//	magic    8 bytes, see below
//	version  uint32
//	sections, each of which is
//	    name      8 bytes, filled with zeros
//	    length    uint64, of the payload
//	    payload
//	    checksum  uint32, CRC-32C of name, length and payload
//
// The sections, all of which are there and in this order:
//
//	options  kind, metric, dim, m, efConstruction, efSearch, threads (uint32 each), seed (uint64);
//	         quantization (uint32); the name of the log that belongs to the file, 0 for none,
//	         and the last of its changes that is in the file (uint64 each); tables and
//	         bits of LSH, deterministic 1 or 0 (uint32 each)
//	labels   int64 for each vector
//	nodes    HNSW: the entry point (int32, -1 when empty); for each vector its level
//	         (uint8), parent and twin (int32, -1 for none)
//	upper    HNSW: for each vector, for each of its levels from 1: M links (int32,
//	         the number of a vector plus 1, 0 for none)
//	records  for each vector its record, as it lies in memory (see arena)
//	vectors  with quantization: for each vector its row, as it lies in memory
//
// Nothing follows the last section. Before labels, upper, records and vectors there
// is a section pad with zeros, so that their payloads begin at a multiple of 64
// bytes: Open uses them where they are.
//
// Versions:
//
//	1  The first. Without quantization and the last change in options; the
//	   sections are labels, vectors (float32 × dim for each), nodes, and links (for
//	   each vector that is no copy, for each of its levels from 0: how many links,
//	   uint16, and their ids, int32).
//	2  Adds the quantization to the options, because the walk may compare codes.
//	3  Holds memory as it is, so that a file can be used without being read, and
//	   the name of its log and of the last change.
const (
	magic         = "\x89LVINDEX"
	formatVersion = 3
)

// alignment is that of the sections that Open uses where they are.
const alignment = 64

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// optionsBytes is the length of the section options, by version.
var optionsBytes = [formatVersion + 1]int{1: 7*4 + 8, 2: 7*4 + 8 + 4, 3: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4}

// nodeBytes is the length of an entry of the section nodes.
const nodeBytes = 1 + 4 + 4

// kinds number the kinds in a file.
var kinds = []Kind{Flat, HNSW, LSH}

// save writes the store and, for an HNSW index, its graph. What is deleted is
// left out: the ids of the others close up. The caller holds gate alone.
func save(to io.Writer, s *store, g *graph) error {
	w := &writer{to: bufio.NewWriterSize(to, 1<<16)}
	w.bytes([]byte(magic))
	w.uint32(formatVersion)
	o, ids := s.options, s.all()

	w.section("options", optionsBytes[formatVersion])
	for _, v := range []int{slices.Index(kinds, o.Kind), int(o.Metric), o.Dim, o.M, o.EfConstruction, o.EfSearch, o.Threads} {
		w.uint32(uint32(v))
	}
	w.uint64(o.Seed)
	w.uint32(uint32(slices.Index(quantizations, o.Quantization)))
	w.uint64(s.logName)
	w.uint64(s.changes.Load())
	w.uint32(uint32(o.Tables))
	w.uint32(uint32(o.Bits))
	deterministic := uint32(0)
	if o.Deterministic {
		deterministic = 1
	}
	w.uint32(deterministic)
	w.end()

	w.align()
	w.section("labels", len(ids)*8)
	for _, n := range ids {
		w.uint64(uint64(s.label(n)))
	}
	w.end()

	var number []id
	if g != nil {
		number = g.saveNodes(w, ids)
	}
	w.align()
	w.section("records", len(ids)*s.arena.records.width*4)
	w.rows(s.arena.records, ids, s.arena.slots, number)
	w.end()
	if s.arena.coded {
		w.align()
		w.section("vectors", len(ids)*s.arena.vectors.width*4)
		w.rows(s.arena.vectors, ids, 0, nil)
		w.end()
	}
	if w.err == nil {
		w.err = w.to.Flush()
	}
	if w.err != nil {
		return fmt.Errorf("index: save: %w", w.err)
	}
	return nil
}

// all is the ids of all vectors, in their order. The caller holds gate alone.
func (s *store) all() []id {
	ids := make([]id, 0, s.Len())
	for i := range int(s.reserved.Load()) {
		if s.shows(id(i)) {
			ids = append(ids, id(i))
		}
	}
	return ids
}

// saveNodes writes the sections nodes and upper. It returns the number in the
// file of each id, none for none, at id+1.
func (g *graph) saveNodes(w *writer, ids []id) []id {
	number := make([]id, int(g.reserved.Load())+1)
	for i := range number {
		number[i] = none
	}
	for i, n := range ids {
		number[n+1] = id(i)
	}
	w.section("nodes", 4+len(ids)*nodeBytes)
	entry := none
	if e := g.entryPoint(); e != noEntry {
		entry = e.id()
	}
	w.uint32(uint32(number[entry+1]))
	rows := 0
	for _, n := range ids {
		v := g.node(n)
		rows += int(v.level)
		w.bytes(append(w.word[:0], byte(v.level)))
		w.uint32(uint32(number[load(&v.parent)+1]))
		w.uint32(uint32(number[v.twin+1]))
	}
	w.end()

	w.align()
	w.section("upper", rows*g.options.M*4)
	for _, n := range ids {
		for l := range int(g.node(n).level) {
			for _, c := range g.upper.row(int(g.node(n).upper) + l) {
				w.uint32(uint32(number[load(&c)+1] + 1))
			}
		}
	}
	w.end()
	return number
}

// writer writes values and sections; after an error it does nothing.
type writer struct {
	to   *bufio.Writer
	at   int    // bytes written
	sum  uint32 // of the section so far
	word [8]byte
	row  []float32
	err  error
}

func (w *writer) bytes(p []byte) {
	if w.err != nil {
		return
	}
	w.sum = crc32.Update(w.sum, castagnoli, p)
	w.at += len(p)
	_, w.err = w.to.Write(p)
}

func (w *writer) uint32(v uint32) { w.bytes(binary.LittleEndian.AppendUint32(w.word[:0], v)) }
func (w *writer) uint64(v uint64) { w.bytes(binary.LittleEndian.AppendUint64(w.word[:0], v)) }

func (w *writer) section(name string, length int) {
	w.sum = 0
	var field [8]byte
	copy(field[:], name)
	w.bytes(field[:])
	w.uint64(uint64(length))
}

func (w *writer) end() { w.uint32(w.sum) }

// headBytes is the length of a section before its payload.
const headBytes = 8 + 8

// align writes a section pad, so that the payload of the next begins at a multiple
// of alignment.
func (w *writer) align() {
	next := w.at + headBytes + 4 + headBytes // with nothing in pad
	n := (alignment - next%alignment) % alignment
	w.section("pad", n)
	w.bytes(make([]byte, n))
	w.end()
}

// rows writes the rows of ids. The first slots of each are links, to be written as
// numbers.
func (w *writer) rows(c *chunked[float32], ids []id, slots int, number []id) {
	// Where nothing was deleted, ids are numbers, and whole chunks can go.
	if n := len(ids); n > 0 && ids[n-1] == id(n-1) && littleEndian {
		for at := 0; at < n; {
			rows, count := c.run(at, n-at)
			w.bytes(asBytes(rows))
			at += count
		}
		return
	}
	for _, n := range ids {
		w.row = append(w.row[:0], c.row(int(n))...)
		if slots > 0 {
			links := asSlots(w.row, slots)
			for i := range links {
				put(&links[i], number[load(&links[i])+1])
			}
		}
		toLittleEndian(w.row)
		w.bytes(asBytes(w.row))
	}
}
