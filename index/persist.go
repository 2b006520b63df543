package index

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/container"
)

// An index file is a container (see package container) with these sections, in this
// order, all little endian:
//
//	options  kind, metric, dim, m, efConstruction, efSearch, threads (uint32 each); seed (uint64);
//	         quantization (uint32); the id of the change log that belongs to the file, 0 if none,
//	         and the last of its changes that is in the file (uint64 each); tables and
//	         bits of LSH, deterministic 1 or 0; what is kept of the vectors (uint32 each)
//	labels   int64 for each vector
//	nodes    HNSW: the entry point (int32, -1 if empty); for each vector its level
//	         (uint8), parent and twin (int32, -1 if none)
//	upper    HNSW: for each vector, for each of its levels from 1: M links (int32,
//	         the number of a vector plus 1, 0 for an empty slot)
//	records  for each vector its record, as in memory (see arena)
//	kept     what is kept of the vectors, and their recall (see keptBytes)
//	center   with quantization: what codes are relative to, float32 × dim
//	widths   HNSW: the widths of the beam (see saveWidths)
//	vectors  with quantization, unless only codes are kept: for each vector its row, as in memory
//	signs    a flat index with quantization: for each 32 vectors a block, as in memory
//
// The payloads of labels, upper, records and vectors are aligned, so that OpenFile can
// use them where they are. A large file ends with the checksums of the blocks of records and
// vectors (see package container).
//
// Versions:
//
//	1  The first. The options end with the seed; the sections are labels, vectors
//	   (float32 × dim for each), nodes, and links (for each vector that is not a copy,
//	   for each of its levels from 0: the number of links, uint16, and their ids, int32).
//	2  Adds the quantization to the options, because the walk may compare codes.
//	3  Stores arrays as they are in memory, so that a file can be used without reading
//	   it, and adds the rest of the options: the change log, LSH and deterministic.
//	4  Adds blocks, so that a search checks what it reads of a large file. Smaller files are
//	   version 3: OpenFile checks them as a whole.
//	5  An index with quantization, in files of any size with blocks. Its codes are used as they are.
//	   Those of earlier versions, which were not centered and rotated, are computed again from the
//	   vectors.
//	6  Adds what is kept of the vectors to the options, the section kept, and widths without
//	   quantization. Files with none of these are still of versions 3 to 5, which have no section kept,
//	   and widths only with quantization.
//	7  A graph with codes that are shorter than earlier versions had them (see codes.ShortLength). All others are
//	   still of versions 3 to 6.
//	8  Adds to the options whether codes can be shorter, and the lengths of vectors that are longer or shorter
//	   than float32 arithmetic suits (see lengths). Files without such vectors are still of versions 3 to 7.
//	9  A flat index that keeps only codes: they are not padded. Of codes of 8 bits, the signs have the highest bits,
//	   and the records the others. Its options are those of version 8.
//	10 Adds to the widths where walks end (see hnsw.Question). Files without that are still
//	   of versions 3 to 9.

// optionsBytes is the length of the section options, by version.
var optionsBytes = [container.Version + 1]int{
	1: 7*4 + 8, 2: 7*4 + 8 + 4,
	3: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4, 4: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4, 5: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4,
	6: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4 + 4, 7: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4 + 4,
	8: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4 + 4 + wideBytes, 9: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4 + 4 + wideBytes,
	10: 7*4 + 8 + 4 + 8 + 8 + 4 + 4 + 4 + 4 + wideBytes,
}

// blockedFrom is the size of records and vectors from which a file has blocks.
var blockedFrom = 32 << 20

// header is what the section options holds.
type header struct {
	Options
	logID, changes uint64 // see store
	short          bool   // from version Wide on: codes can be shorter
	lengths        lengths
}

// encode returns the payload of the section options.
func (h header) encode() []byte {
	s, _ := h.Kind.spec()
	p := binary.LittleEndian.AppendUint32(nil, s.number)
	for _, v := range []int{int(h.Metric), h.Dim, h.M, h.EfConstruction, h.EfSearch, h.Threads} {
		p = binary.LittleEndian.AppendUint32(p, uint32(v))
	}
	p = binary.LittleEndian.AppendUint64(p, h.Seed)
	p = binary.LittleEndian.AppendUint32(p, uint32(slices.Index(quantizations, h.Quantization)))
	p = binary.LittleEndian.AppendUint64(p, h.logID)
	p = binary.LittleEndian.AppendUint64(p, h.changes)
	deterministic := 0
	if h.Deterministic {
		deterministic = 1
	}
	for _, v := range []int{h.Tables, h.Bits, deterministic, slices.Index(keeps, h.KeepVectors)} {
		p = binary.LittleEndian.AppendUint32(p, uint32(v))
	}
	return p
}

// decodeHeader parses and validates the payload of the section options, whose length
// must be the length for its version.
func decodeHeader(payload []byte) (header, error) {
	damaged := func(format string, args ...any) (header, error) {
		return header{}, container.Damaged("options", format, args...)
	}
	// Values that a version does not have keep these: no quantization, no log.
	v := [18]uint32{14: uint32(Options{}.withDefaults().Tables)}
	short, reach := false, usualLengths
	if at := optionsBytes[container.Wide] - wideBytes; len(payload) > at {
		ok := false
		if short, reach, ok = decodeLengths(payload[at:]); !ok {
			return damaged("the lengths of vectors are %v and %v", reach.least, reach.most)
		}
		payload = payload[:at]
	}
	for i := range v[:len(payload)/4] {
		v[i] = binary.LittleEndian.Uint32(payload[4*i:])
		if (i < 7 || i > 13) && v[i] > math.MaxInt32 {
			return damaged("value %d is %d", i, v[i])
		}
	}
	if v[16] > 1 {
		return damaged("deterministic is %d", v[16])
	}
	at := slices.IndexFunc(kinds, func(s kindSpec) bool { return s.number == v[0] })
	if at < 0 {
		return damaged("unknown kind %d", v[0])
	}
	if int64(v[9]) >= int64(len(quantizations)) {
		return damaged("unknown quantization %d", v[9])
	}
	if int64(v[17]) >= int64(len(keeps)) {
		return damaged("unknown value %d of what is kept of the vectors", v[17])
	}
	h := header{
		Options: Options{
			Kind: kinds[at].kind, Metric: Metric(v[1]), Dim: int(v[2]), M: int(v[3]),
			EfConstruction: int(v[4]), EfSearch: int(v[5]), Threads: int(v[6]),
			Seed: uint64(v[7]) | uint64(v[8])<<32, Quantization: quantizations[v[9]],
			Tables: int(v[14]), Bits: int(v[15]), Deterministic: v[16] == 1,
			KeepVectors: keeps[v[17]],
		},
		logID:   uint64(v[10]) | uint64(v[11])<<32,
		changes: uint64(v[12]) | uint64(v[13])<<32,
		short:   short, lengths: reach,
	}
	if err := h.Validate(); err != nil {
		return damaged("%w", err)
	}
	if h.Options != h.withDefaults() {
		return damaged("a value is zero that must not be")
	}
	return h, nil
}

// saveIndex implements Save.
func saveIndex(ix kindIndex, to io.Writer) error {
	s := ix.base()
	if err := s.complete(); err != nil {
		return err
	}
	s.Gate.Lock()
	defer s.Gate.Unlock()
	return ix.write(to)
}

// save writes the store and, for HNSW, its graph. Deleted vectors are skipped, so that
// the numbers of the others are consecutive. The caller holds Gate exclusively.
func save(to io.Writer, s *store, g *graph) error {
	ids := s.All()
	s.narrow(ids)
	records, vectors, version := len(ids)*s.Arena.Records.Width()*4, 0, container.Plain
	separate := s.Arena.Coded && s.Arena.Form != arena.Codes
	if separate {
		vectors = len(ids) * s.Arena.Vectors.Width() * 4
	}
	if records >= blockedFrom {
		version = container.Blocked
	}
	if s.Arena.Space != nil {
		version = container.Coded
	}
	if s.options.KeepVectors != KeepFloat32 || s.measured.Load() != nil || s.Arena.Space == nil && s.widths.Load() != nil {
		version = container.Kept
	}
	if s.Arena.Space != nil && s.Arena.Space.Short() {
		version = container.Short
	}
	short := version == container.Short
	if s.isWideIndex() {
		version = container.Wide
	}
	if s.Arena.Tight {
		version = container.Tight
	}
	if known := s.widths.Load(); known != nil && known.slack != (widths{}).slack {
		version = container.Slack
	}
	w := container.NewWriter(to, version)
	h := header{Options: s.options, logID: s.logID, changes: s.changes.Load()}
	if !s.threadsSaved && (h.Kind != HNSW || h.Deterministic) {
		h.Threads = 0 // it has not changed the index
	}
	options := appendLengths(h.encode(), short, s.lengths())
	options = options[:optionsBytes[version]]
	w.Section("options", len(options))
	w.Bytes(options)
	w.End()

	w.AlignedSection("labels", len(ids)*8)
	for _, n := range ids {
		w.Uint64(uint64(s.Label(n)))
	}
	w.End()

	if version >= container.Kept {
		s.saveKept(w)
	}
	if s.Arena.Space != nil {
		w.AlignedSection("center", s.options.Dim*4)
		writeFloats(w, slices.Clone(s.Arena.Space.Center))
		w.End()
	}
	if s.hasWidths(version) {
		s.saveWidths(w, version)
	}
	var number []id
	if g != nil {
		number = g.net.Save(w, ids)
	}
	w.BlockedSection("records", records)
	writeRows(w, s.Arena.Records, ids, s.Arena.Slots, number)
	w.End()
	if separate {
		w.BlockedSection("vectors", vectors)
		writeRows(w, s.Arena.Vectors, ids, 0, nil)
		w.End()
	}
	if s.Arena.Signs != nil {
		s.saveSigns(w, ids)
	}
	w.Blocks()
	if err := w.Flush(); err != nil {
		return fmt.Errorf("index: save: %w", err)
	}
	return nil
}

// writeRows writes the rows of ids. The first slots values of each are links, whose ids
// are replaced by their numbers in the file.
func writeRows(w *container.Writer, a *chunk.Array[float32], ids []id, slots int, number []id) {
	// If nothing was deleted, ids and numbers are equal, and whole chunks can be written.
	if n := len(ids); n > 0 && ids[n-1] == id(n-1) && container.LittleEndian {
		for at := 0; at < n; {
			rows, count := a.Run(at, n-at)
			w.Bytes(container.AsBytes(rows))
			at += count
		}
		return
	}
	var row []float32
	for _, n := range ids {
		row = append(row[:0], a.Row(int(n))...)
		if slots > 0 {
			links := arena.AsSlots(row, slots)
			for i := range links {
				links[i].Put(number[links[i].Load()+1])
			}
		}
		writeFloats(w, row)
	}
}

// writeFloats writes the values of row, which it overwrites.
func writeFloats(w *container.Writer, row []float32) {
	container.SwapToLittleEndian(row)
	w.Bytes(container.AsBytes(row))
}
