package index

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// scattered returns an index of all vectors, and the same vectors in n indexes.
func scattered(t *testing.T, o Options, vectors []float32, n int) (Index, []Shard) {
	t.Helper()
	whole := filled(t, o, vectors)
	parts, shards := make([]Index, n), make([]Shard, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range parts {
		parts[i] = mustNew(t, o)
		shards[i] = Shard{fmt.Sprintf("part %d", i), parts[i].SearchBatch}
	}
	for label := range len(vectors) / o.Dim {
		if err := parts[r.IntN(n)].Add(int64(label), vectors[label*o.Dim:(label+1)*o.Dim]); err != nil {
			t.Fatal(err)
		}
	}
	return whole, shards
}

func TestShardsEqualOneIndex(t *testing.T) {
	const dim = 12
	vectors := clustered(500, dim, 3)
	copy(vectors[:20*dim], vectors[100*dim:120*dim]) // equal vectors in several shards
	queries := clustered(20, dim, 4)
	odd, threshold := roaring64.New(), float32(1)
	for label := uint64(1); label < 500; label += 2 {
		odd.Add(label)
	}
	for _, metric := range allMetrics {
		for _, n := range []int{1, 2, 7} {
			whole, parts := scattered(t, Options{Dim: dim, Metric: metric, Kind: Flat}, vectors, n)
			shards, err := NewShards(ShardsOptions{Dim: dim, Metric: metric}, parts...)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range []SearchOptions{{}, {Allowed: odd}, {Filter: func(label int64) bool { return label%3 == 0 }}, {Threshold: &threshold}} {
				for _, k := range []int{1, 10, 600} {
					want, err := whole.SearchBatch(context.Background(), queries, k, o)
					if err != nil {
						t.Fatal(err)
					}
					got, err := shards.Search(context.Background(), queries, k, o)
					if err != nil {
						t.Fatal(err)
					}
					if len(got.Failed) > 0 || !reflect.DeepEqual(got.Results, want) {
						t.Fatalf("%v, %d shards, k = %d: got %v, want %v", metric, n, k, got, want)
					}
				}
			}
		}
	}
}

// The recall of graphs is documented: not lower than that of one graph.
func TestShardsOfGraphs(t *testing.T) {
	const dim, k = 24, 10
	vectors, queries := clustered(4000, dim, 5), clustered(100, dim, 6)
	o := Options{Dim: dim, M: 8, EfConstruction: 40, EfSearch: 20, Threads: 1}
	whole, parts := scattered(t, o, vectors, 4)
	shards, err := NewShards(ShardsOptions{Dim: dim}, parts...)
	if err != nil {
		t.Fatal(err)
	}
	o.Kind = Flat
	truth, err := filled(t, o, vectors).SearchBatch(context.Background(), queries, k, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	one, err := whole.SearchBatch(context.Background(), queries, k, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	several, err := shards.Search(context.Background(), queries, k, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := func(results [][]Result) (n int) {
		for q, list := range results {
			in := map[int64]bool{}
			for _, r := range list {
				in[r.Label] = true
			}
			for _, r := range truth[q] {
				if in[r.Label] {
					n++
				}
			}
		}
		return n
	}
	if found(several.Results) < found(one) {
		t.Errorf("4 shards find %d of %d, one index %d", found(several.Results), k*len(truth), found(one))
	}
}

func TestShardsFail(t *testing.T) {
	works := func(label int64, score float32) Shard {
		return Shard{fmt.Sprint(label), func(_ context.Context, q []float32, k int, _ SearchOptions) ([][]Result, error) {
			return [][]Result{{{label, score}}}, nil
		}}
	}
	returns := func(results [][]Result, err error) func(context.Context, []float32, int, SearchOptions) ([][]Result, error) {
		return func(context.Context, []float32, int, SearchOptions) ([][]Result, error) { return results, err }
	}
	broken := errors.New("connection refused")
	for _, c := range []struct {
		search func(context.Context, []float32, int, SearchOptions) ([][]Result, error)
		want   string
	}{
		{returns(nil, broken), "shard b: connection refused"},
		{returns(nil, nil), "shard b: it returned results for 0 queries, expected 1"},
		{returns([][]Result{{{1, 1}, {2, 1}, {3, 1}}}, nil), "shard b: it returned 3 results for query 0, expected at most 2"},
		{returns([][]Result{{{1, float32(math.NaN())}}}, nil), "shard b: it returned the score NaN for label 1 and query 0"},
		{func(context.Context, []float32, int, SearchOptions) ([][]Result, error) { panic("no") }, "shard b: its Search panicked: no"},
		{func(ctx context.Context, _ []float32, _ int, _ SearchOptions) ([][]Result, error) {
			select {} // does not heed its context
		}, "shard b: no answer within 20ms: context deadline exceeded"},
	} {
		for _, partial := range []bool{false, true} {
			o := ShardsOptions{Dim: 1, Timeout: 20 * time.Millisecond, Partial: partial}
			s, err := NewShards(o, works(7, 0.5), Shard{"b", c.search}, works(8, 0.75))
			if err != nil {
				t.Fatal(err)
			}
			found, err := s.Search(context.Background(), []float32{1}, 2, SearchOptions{})
			if !partial {
				if err == nil || err.Error() != "index: "+c.want {
					t.Errorf("got %v, want index: %s", err, c.want)
				}
				continue
			}
			if want := [][]Result{{{8, 0.75}, {7, 0.5}}}; err != nil || !reflect.DeepEqual(found.Results, want) {
				t.Errorf("%s: got %v, %v", c.want, found, err)
			}
			if len(found.Failed) != 1 || found.Failed[0].Shard != "b" || found.Failed[0].Error() != c.want {
				t.Errorf("got %v, want %s", found.Failed, c.want)
			}
		}
	}

	s, err := NewShards(ShardsOptions{Dim: 1, Partial: true}, Shard{"a", returns(nil, broken)}, Shard{"b", returns(nil, broken)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Search(context.Background(), []float32{1}, 1, SearchOptions{}); !errors.Is(err, broken) {
		t.Errorf("all shards fail: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Search(ctx, []float32{1}, 1, SearchOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A label that is being moved is in two shards for a while.
func TestShardsReturnALabelOnce(t *testing.T) {
	part := func(name string, results ...Result) Shard {
		return Shard{name, func(context.Context, []float32, int, SearchOptions) ([][]Result, error) {
			return [][]Result{results}, nil
		}}
	}
	for metric, want := range map[Metric][]Result{
		Cosine:    {{1, 0.9}, {3, 0.8}},
		Euclidean: {{2, 0.1}, {1, 0.2}},
	} {
		s, err := NewShards(ShardsOptions{Dim: 1, Metric: metric},
			part("a", Result{1, 0.9}, Result{2, 0.1}), part("b", Result{1, 0.2}, Result{3, 0.8}))
		if err != nil {
			t.Fatal(err)
		}
		if found, err := s.Search(context.Background(), []float32{1}, 2, SearchOptions{}); err != nil || !reflect.DeepEqual(found.Results[0], want) {
			t.Errorf("%v: got %v, %v, want %v", metric, found, err, want)
		}
	}
}

func TestOpenShard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	if err := SaveFile(path, filled(t, Options{Dim: 4}, clustered(10, 4, 1)), false); err != nil {
		t.Fatal(err)
	}
	shard, ix, err := OpenShard(path)
	if err != nil {
		t.Fatal(err)
	}
	if shard.Name != path || ix.Len() != 10 {
		t.Errorf("got the shard %s of %d vectors", shard.Name, ix.Len())
	}
	if _, _, err := OpenShard(path + "x"); err == nil || !strings.Contains(err.Error(), path+"x") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestNewShardsChecks(t *testing.T) {
	part := Shard{"a", func(context.Context, []float32, int, SearchOptions) ([][]Result, error) { return nil, nil }}
	for _, c := range []struct {
		o      ShardsOptions
		shards []Shard
		want   string
	}{
		{ShardsOptions{}, []Shard{part}, "Dim must be from 1"},
		{ShardsOptions{Dim: 1, Timeout: -1}, []Shard{part}, "Timeout must be positive"},
		{ShardsOptions{Dim: 1}, nil, "there are no shards"},
		{ShardsOptions{Dim: 1}, []Shard{part, {Name: "b"}}, "shard 2 of 2 is incomplete"},
		{ShardsOptions{Dim: 1}, []Shard{part, part}, "shard a is named twice"},
	} {
		if _, err := NewShards(c.o, c.shards...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	s, err := NewShards(ShardsOptions{Dim: 3}, part)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct{ values, k int }{{3, 0}, {4, 1}} {
		if _, err := s.Search(context.Background(), make([]float32, bad.values), bad.k, SearchOptions{}); err == nil {
			t.Errorf("%d values, k = %d: no error", bad.values, bad.k)
		}
	}
}
