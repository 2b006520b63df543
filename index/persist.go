package index

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
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
//	         from version 2, quantization (uint32)
//	labels   int64 for each vector
//	vectors  float32 × dim for each vector, as stored (of length one for cosine)
//
// and for an HNSW index:
//
//	nodes    the entry point (int32, -1 when empty); for each vector its level
//	         (uint8), parent and twin (int32, -1 for none)
//	links    for each vector that is no copy, for each of its levels from 0:
//	         how many links (uint16), then their ids (int32)
//
// Nothing follows the last section.
//
// Codes are not in the file: they follow from the vectors, and making them anew is
// a fourth of the time of loading.
//
// Versions: 1 is the first. 2 adds the quantization to the options, because the
// walk may now compare codes; without quantization version 1 is still written,
// so that older programs read what they can.
const (
	magic         = "\x89LVINDEX"
	formatVersion = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// optionsBytes is the length of the section options in version 1.
const optionsBytes = 7*4 + 8

// nodeBytes is the length of an entry of the section nodes.
const nodeBytes = 1 + 4 + 4

// kinds number the kinds in a file.
var kinds = []Kind{Flat, HNSW}

// save writes the store and, for an HNSW index, its graph. What is deleted is
// left out: the ids of the others close up.
func save(to io.Writer, s *store, g *graph) error {
	w := &writer{to: bufio.NewWriterSize(to, 1<<16)}
	w.bytes([]byte(magic))
	o := s.options
	version, length := uint32(1), optionsBytes
	if o.Quantization != NoQuantization {
		version, length = 2, optionsBytes+4
	}
	w.uint32(version)
	ids := s.all()

	kind := slices.Index(kinds, o.Kind)
	w.section("options", length)
	for _, v := range []int{kind, int(o.Metric), o.Dim, o.M, o.EfConstruction, o.EfSearch, o.Threads} {
		w.uint32(uint32(v))
	}
	w.uint64(o.Seed)
	if version >= 2 {
		w.uint32(uint32(slices.Index(quantizations, o.Quantization)))
	}
	w.end()

	w.section("labels", len(ids)*8)
	for _, n := range ids {
		w.uint64(uint64(s.label(n)))
	}
	w.end()

	w.section("vectors", len(ids)*o.Dim*4)
	for _, n := range ids {
		for _, v := range s.arena.vector(n)[:o.Dim] {
			w.uint32(math.Float32bits(v))
		}
	}
	w.end()

	if g != nil {
		g.save(w, ids)
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

func (g *graph) save(w *writer, ids []id) {
	number := make([]id, int(g.reserved.Load())+1) // in the file, of an id
	number[0] = none                               // that is number[none+1]
	for i, n := range ids {
		number[n+1] = id(i)
	}
	w.section("nodes", 4+len(ids)*nodeBytes)
	entry := none
	if e := g.entryPoint(); e != noEntry {
		entry = e.id()
	}
	w.uint32(uint32(number[entry+1]))
	for _, n := range ids {
		v := g.node(n)
		w.bytes([]byte{byte(v.level)})
		w.uint32(uint32(number[load(&v.parent)+1]))
		w.uint32(uint32(number[v.twin+1]))
	}
	w.end()

	length := 0
	g.eachList(ids, func(list []id) { length += 2 + 4*len(list) })
	w.section("links", length)
	g.eachList(ids, func(list []id) {
		w.bytes(binary.LittleEndian.AppendUint16(w.word[:0], uint16(len(list))))
		for _, c := range list {
			w.uint32(uint32(number[c+1]))
		}
	})
	w.end()
}

// eachList calls fn with the links of each node and level, in the order of the
// file. fn may not keep the list.
func (g *graph) eachList(ids []id, fn func(list []id)) {
	var list []id
	for _, n := range ids {
		v := g.node(n)
		if v.twin != none {
			continue
		}
		for l := range int(v.level) + 1 {
			list = list[:0]
			slots := g.links(n, l)
			for j := range slots {
				if c := load(&slots[j]); c != none {
					list = append(list, c)
				}
			}
			fn(list)
		}
	}
}

// writer writes values and sections; after an error it does nothing.
type writer struct {
	to   *bufio.Writer
	sum  uint32 // of the section so far
	word [8]byte
	err  error
}

func (w *writer) bytes(p []byte) {
	if w.err != nil {
		return
	}
	w.sum = crc32.Update(w.sum, castagnoli, p)
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
