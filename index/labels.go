package index

import (
	"errors"
	"slices"

	"github.com/luminavec/luminavec/index/internal/hashing"
)

// The table of labels. The caller holds mu.

func labelHash(label int64) uint64             { return hashing.Mix(uint64(label) + 0x9e3779b97f4a7c15) }
func (s *store) labelHashOf(n id) uint64       { return labelHash(s.label(n)) }
func (s *store) has(label int64) func(id) bool { return func(n id) bool { return s.label(n) == label } }

// idOf returns the id of a label, or none.
func (s *store) idOf(label int64) id { return s.ids.Find(labelHash(label), s.has(label)) }

// setID makes n the id of label, which is already in labels.
func (s *store) setID(label int64, n id) {
	delete(s.claimed, label)
	if h := labelHash(label); !s.ids.Replace(h, s.has(label), n) {
		s.ids.Add(h, n, s.labelHashOf)
	}
}

// forget removes a label from the table.
func (s *store) forget(label int64) { s.ids.Remove(labelHash(label), s.has(label), s.labelHashOf) }

// taken reports whether a label is in use or claimed.
func (s *store) taken(label int64) bool {
	_, claimed := s.claimed[label]
	return claimed || s.idOf(label) != none
}

// Labels returns the labels of an index in ascending order.
func Labels(ix Index) ([]int64, error) {
	of, ok := ix.(interface{ base() *store })
	if !ok {
		return nil, errors.New("index: only the indexes of this package list their labels")
	}
	s := of.base()
	if err := s.complete(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	labels := make([]int64, 0, s.ids.Len())
	for n := range id(s.reserved.Load()) {
		if label := s.label(n); s.idOf(label) == n {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels, nil
}
