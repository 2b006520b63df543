package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// The measures equal those of trec_eval, which testdata/trec_eval.py computed.
func TestMeasureAgainstTrecEval(t *testing.T) {
	data, err := os.ReadFile("testdata/trec_eval.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Judged    map[string]int `json:"judged"`
		Ranking   []string       `json:"ranking"`
		NDCG10    float64        `json:"ndcg@10"`
		MRR10     float64        `json:"mrr@10"`
		Recall10  float64        `json:"recall@10"`
		Recall100 float64        `json:"recall@100"`
		MAP100    float64        `json:"map@100"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
	for i, c := range cases {
		grades := make([]int, len(c.Ranking))
		for j, id := range c.Ranking {
			grades[j] = c.Judged[id]
		}
		got := measure(grades, c.Judged)
		want := relevance{c.NDCG10, c.MRR10, c.Recall10, c.Recall100, c.MAP100}
		if !near(got, want, 1e-12) {
			t.Errorf("case %d: %+v, want %+v", i, got, want)
		}
	}
}

func TestMeasureByHand(t *testing.T) {
	// The first ranks have grades 0 3 1; the ideal order of all judged documents is 3 2 1.
	got := measure([]int{0, 3, 1}, map[string]int{"a": 3, "b": 1, "c": 2, "d": 0})
	ideal := 3 + 2/math.Log2(3) + 1.0/2
	want := relevance{(3/math.Log2(3) + 1.0/2) / ideal, 1.0 / 2, 2.0 / 3, 2.0 / 3, (1.0/2 + 2.0/3) / 3}
	if !near(got, want, 1e-12) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := measure(nil, map[string]int{"a": 1}); got != (relevance{}) {
		t.Errorf("nothing found: %+v", got)
	}
}
