package cluster

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/index"
)

func build(t *testing.T, vectors ...[]float32) index.Index {
	t.Helper()
	ix, err := index.New(index.Options{Kind: index.Flat, Dim: len(vectors[0]), Metric: index.Cosine})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vectors {
		if err := ix.Add(int64(i), v); err != nil {
			t.Fatal(err)
		}
	}
	return ix
}

// at returns the vector of length 1 at an angle in degrees.
func at(degrees float64) []float32 {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(c), float32(s)}
}

// Vectors at 0°, 20° and 40° are a chain at the threshold cos 25°: cos 20° = 0.9397 joins the neighbors, but
// cos 40° does not join the ends. The one at 90° is alone, and two texts are equal, far from all.
func TestDuplicates(t *testing.T) {
	ix := build(t, at(0), at(40), at(90), at(20), at(180), at(180))
	items := []Item{{0, "a"}, {1, "b"}, {2, "c"}, {3, "d"}, {4, "same"}, {5, "same"}}
	for _, threads := range []int{1, 3} {
		groups, err := Duplicates(context.Background(), ix, items, 0.9063, threads)
		if err != nil {
			t.Fatal(err)
		}
		if len(groups) != 2 || !groups[0].Equal || !slices.Equal(groups[0].Labels, []int64{4, 5}) || groups[0].Score != 0 {
			t.Fatalf("%+v", groups)
		}
		if g := groups[1]; g.Equal || !slices.Equal(g.Labels, []int64{0, 1, 3}) || math.Abs(float64(g.Score)-0.9396926) > 1e-5 {
			t.Errorf("%+v", g)
		}
	}
	if groups, err := Duplicates(context.Background(), ix, items[:4], 0.95, 1); err != nil || len(groups) != 0 {
		t.Errorf("%+v, %v", groups, err)
	}
}

// Three bundles of directions: 0° ± 5°, 90° ± 5° and 200°. Their centers are at 0°, 90° and 200°, and three is
// the number that is chosen.
func TestKMeans(t *testing.T) {
	var vectors []float32
	for _, d := range []float64{-5, 90, 0, 95, 5, 85, 200, 0, 0, 90} {
		v := at(d)
		vectors = append(vectors, 3*v[0], 3*v[1])
	}
	for _, k := range []int{0, 3} {
		for seed := range uint64(5) {
			c, err := KMeans(context.Background(), slices.Clone(vectors), 2, Options{K: k, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if want := []int{0, 1, 0, 1, 0, 1, 2, 0, 0, 1}; c.K != 3 || !slices.Equal(c.Of, want) {
				t.Fatalf("K %d, seed %d: %d clusters %v", k, seed, c.K, c.Of)
			}
			for i, want := range []float64{0, 90, 200} {
				if v := at(want); math.Abs(float64(c.Centers[2*i]-v[0])) > 1e-6 || math.Abs(float64(c.Centers[2*i+1]-v[1])) > 1e-6 {
					t.Errorf("center %d: %v", i, c.Centers[2*i:2*i+2])
				}
			}
			if math.Abs(float64(c.Near[0])-math.Cos(5*math.Pi/180)) > 1e-6 {
				t.Errorf("cosine with the center: %g", c.Near[0])
			}
			if !slices.Equal(c.Sizes(), []int{5, 4, 1}) {
				t.Errorf("sizes %v", c.Sizes())
			}
		}
	}
	for _, o := range []Options{{K: 1}, {K: -1}, {K: 11}} {
		if _, err := KMeans(context.Background(), slices.Clone(vectors), 2, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	// Two pairs: a = 0 and b = 1 for each vector, so the silhouette is 1.
	c, err := KMeans(context.Background(), []float32{1, 0, 1, 0, 0, 1, 0, 1}, 2, Options{K: 2})
	if err != nil || c.Silhouette != 1 {
		t.Errorf("silhouette %v, %v", c, err)
	}
	// More clusters than different vectors.
	if _, err := KMeans(context.Background(), []float32{1, 0, 1, 0, 1, 0}, 2, Options{K: 3}); err != nil {
		t.Error(err)
	}
}

// Cluster 0 has the words cat ×3, sat ×1; cluster 1 has dog ×2, sat ×2. The mean is 4 words a cluster:
// cat 3/4·log(1+4/3) = 0.635, sat in 0: 1/4·log(1+4/3) = 0.212; dog 2/4·log(1+4/2) = 0.549, sat in 1:
// 2/4·log(1+4/3) = 0.424.
func TestLabel(t *testing.T) {
	w := NewWords(2)
	w.Add(0, "Cat, cat sat; cat is 12")
	w.Add(1, "dog sat")
	w.Add(1, "dog sat")
	if got, want := w.Label(2, nil), [][]string{{"cat", "sat"}, {"dog", "sat"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := w.Label(1, func(word string) bool { return word == "cat" }), [][]string{{"sat"}, {"dog"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A cluster whose words are all common, or stop words, has a label.
func TestLabelOfCommonWords(t *testing.T) {
	w := NewWords(2)
	for range 20 {
		w.Add(0, "the same words")
		w.Add(1, "the same words")
	}
	for k, words := range w.Label(2, func(word string) bool { return word == "the" }) {
		if len(words) != 2 {
			t.Errorf("cluster %d is named %q", k, words)
		}
	}
}

// A threshold that no pair can have, or all have, is refused.
func TestThreshold(t *testing.T) {
	for metric, bad := range map[index.Metric][]float32{index.Cosine: {2, -1.5, float32(math.NaN())}, index.Euclidean: {-1}, index.Dot: {float32(math.NaN())}} {
		ix, err := index.New(index.Options{Dim: 2, Metric: metric, Kind: index.Flat})
		if err != nil {
			t.Fatal(err)
		}
		for _, threshold := range bad {
			if _, err := Duplicates(context.Background(), ix, nil, threshold, 1); err == nil {
				t.Errorf("%s: %v is accepted", metric, threshold)
			}
		}
		if _, err := Duplicates(context.Background(), ix, nil, 1, 1); err != nil {
			t.Error(err)
		}
	}
}
