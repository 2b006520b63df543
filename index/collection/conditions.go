package collection

import (
	"context"
	"sync"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index/filter"
)

// conditionBytes is about how much memory an open collection uses for the results of conditions, and mostConditions
// how many it keeps.
const (
	conditionBytes = 16 << 20
	mostConditions = 64
)

// conditions keeps which passages satisfy the conditions of the last questions. The zero value is empty and
// ready to use.
type conditions struct {
	mu     sync.Mutex
	size   int
	byText map[string]*roaring64.Bitmap
	oldest []string // conditions in the order in which they came
}

// allowed returns the labels of the passages that satisfy a condition. The set must not be modified.
func (c *Collection) allowed(ctx context.Context, where string) (*roaring64.Bitmap, error) {
	k := &c.conditions
	k.mu.Lock()
	set := k.byText[where]
	k.mu.Unlock()
	if set != nil {
		return set, nil
	}
	condition, err := filter.Parse(where)
	if err != nil {
		return nil, err
	}
	if set, err = condition.Labels(ctx, placeTable{c.Table(), c}); err != nil {
		return nil, err
	}
	set.RunOptimize()
	k.put(where, set)
	return set, nil
}

func (k *conditions) put(where string, set *roaring64.Bitmap) {
	cost := func(where string, set *roaring64.Bitmap) int { return len(where) + int(set.GetSizeInBytes()) }
	if cost(where, set) > conditionBytes/4 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byText[where] != nil {
		return // another goroutine was faster
	}
	if k.byText == nil {
		k.byText = map[string]*roaring64.Bitmap{}
	}
	k.byText[where], k.oldest = set, append(k.oldest, where)
	for k.size += cost(where, set); k.size > conditionBytes || len(k.oldest) > mostConditions; {
		first := k.oldest[0]
		k.size -= cost(first, k.byText[first])
		delete(k.byText, first)
		k.oldest = k.oldest[1:]
	}
}
