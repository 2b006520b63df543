// Package walk provides what a walk through a graph of vectors needs: ids, links that are read while
// they are written, keys that order candidates, and the set of nodes seen.
package walk

import (
	"sync/atomic"
	"unsafe"
)

// An ID is the internal number of a vector. Users refer to vectors by labels, which have a
// different type, so that the two cannot be confused.
type ID int32

// None stands for the absence of a node.
const None ID = -1

// MaxNodes is the maximum number of ids.
const MaxNodes = 1<<31 - 1

// A Slot holds a link as id+1, so that zeroed memory consists of empty slots. Links are accessed
// atomically: a search reads a list while an insertion changes it. A goroutine that loads an id also
// sees what was written before it was put: the node's vector, label and own links.
type Slot int32

// Load returns the link, or None.
func (s *Slot) Load() ID { return ID(atomic.LoadInt32((*int32)(s))) - 1 }

// Put sets the link, or empties the slot if n is None.
func (s *Slot) Put(n ID) { atomic.StoreInt32((*int32)(s), int32(n)+1) }

// AsInt32 returns ids as the kernels take them.
func AsInt32(ids []ID) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(ids))), len(ids))
}
