package pairs

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/corpora/internal/scale"
)

// Batch is a batch of B examples with C texts each. Text c·B+i is column c of example i:
// first all anchors, then all positives, then the negatives of each further column. The
// next call of Dataset.Batch reuses its slices.
type Batch struct {
	Examples int // B
	Columns  int // C

	IDs     []int32 // tokens of all texts
	Offsets []int32 // [C·B+1] text k has IDs[Offsets[k]:Offsets[k+1]], which is not empty

	// Scores are from 0 to 1: scaled by Options.ScoreRange, or the meanings of the labels.
	Scores []float32 // [B]; otherwise empty

	// Masked lists the (i, j) for which text B+j, the positive or a negative of another
	// example, is known to belong to anchor i too and so must not be used as its negative: a
	// chain of pairs joins them, as it joins all captions of a picture. In chains of more than
	// 64 texts only direct pairs count. The list is in ascending order, and is empty without
	// Options.Related and for pairs with scores or labels.
	Masked [][2]int32

	records [][]int32
	raw     []int32 // those that are not in memory in one piece
	places  []int   // where the next text of each begins
	groups  []groupedText
}

type groupedText struct {
	group int32
	text  int32 // j of Masked
	hash  uint64
}

// Batch reads batch i of a plan into dst, which grows as necessary; once it is large enough,
// nothing is allocated. It may be called concurrently with different dst.
func (p *Dataset) Batch(dst *Batch, plan *Plan, i int) error {
	if i < 0 || i >= len(plan.batches) {
		return fmt.Errorf("batch %d is out of range: the plan has %d batches", i, len(plan.batches))
	}
	b := plan.batches[i]
	order := plan.order[b.from : b.from+int64(b.n)]
	base := p.files[max(0, b.file)]
	n, columns := int(b.n), base.Columns
	dst.Examples, dst.Columns = n, columns
	dst.raw, dst.records, dst.places = dst.raw[:0], dst.records[:0], dst.places[:0]
	dst.IDs, dst.Offsets, dst.Scores, dst.Masked = dst.IDs[:0], append(dst.Offsets[:0], 0), dst.Scores[:0], dst.Masked[:0]
	header := columns
	if base.Kind != Paired {
		header++
	}
	for _, example := range order {
		record, err := p.records.record(&dst.raw, int64(example))
		if err != nil {
			return err
		}
		dst.records, dst.places = append(dst.records, record), append(dst.places, header)
		if base.Kind != Paired {
			dst.Scores = append(dst.Scores, p.fileOf(example).normalized(math.Float32frombits(uint32(record[columns]))))
		}
	}
	for c := range columns {
		for i, record := range dst.records {
			at := dst.places[i]
			end := at + int(record[c])
			dst.IDs = append(dst.IDs, record[at:end]...)
			dst.Offsets = append(dst.Offsets, int32(len(dst.IDs)))
			dst.places[i] = end
		}
	}
	if p.groups != nil && base.Kind == Paired {
		p.mask(dst, order, base)
	}
	return nil
}

// fileOf returns the file of an example.
func (p *Dataset) fileOf(example int32) *File {
	i, found := slices.BinarySearchFunc(p.files, int64(example), func(f *File, at int64) int { return cmp.Compare(f.from, at) })
	if !found {
		i--
	}
	return p.files[i]
}

// normalized returns a score scaled to 0..1.
func (f *File) normalized(score float32) float32 {
	if f.Kind == Labelled {
		return score
	}
	return float32(scale.Range(f.ScoreRange).Normalized(float64(score)))
}

// mask finds the texts that also belong to other anchors.
func (p *Dataset) mask(dst *Batch, order []int32, base *File) {
	n := int32(len(order))
	dst.groups = dst.groups[:0]
	for i, example := range order {
		at := int64(example) - base.from
		for c := 1; c < base.Columns; c++ {
			if group := p.groups.of.at(base.groupBase + at*int64(base.Columns-1) + int64(c-1)); group != 0 {
				dst.groups = append(dst.groups, groupedText{group, int32(c-1)*n + int32(i), p.records.hashes.at(base.hash(at, c))})
			}
		}
	}
	if len(dst.groups) < 2 {
		return
	}
	slices.SortFunc(dst.groups, func(a, b groupedText) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.text, b.text))
	})
	for i, example := range order {
		at := int64(example) - base.from
		group := p.groups.of.at(base.groupBase + at*int64(base.Columns-1)) // of the positive, and so of the anchor
		if group == 0 {
			continue
		}
		anchor := p.records.hashes.at(base.hash(at, 0))
		first, _ := slices.BinarySearchFunc(dst.groups, group, func(g groupedText, group int32) int { return cmp.Compare(g.group, group) })
		for _, g := range dst.groups[first:] {
			if g.group != group {
				break
			}
			if g.text%n != int32(i) && p.groups.related(group, anchor, g.hash) {
				dst.Masked = append(dst.Masked, [2]int32{int32(i), g.text})
			}
		}
	}
}
