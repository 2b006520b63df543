package index

import (
	"errors"
	"slices"
)

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
	s.Mu.RLock()
	defer s.Mu.RUnlock()
	labels := make([]int64, 0, s.IDs.Len())
	for n := range id(s.Reserved.Load()) {
		if label := s.Label(n); s.IDOf(label) == n {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels, nil
}
