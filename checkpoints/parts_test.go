package checkpoints

import (
	"reflect"
	"testing"
)

func TestParts(t *testing.T) {
	c := &Checkpoint{Tensors: map[string]Tensor{
		EmbeddingTensor: NewTensor(10, 3), NGramTensor: NewTensor(5, 3), LinearTensor: NewTensor(2, 3), BiasTensor: NewTensor(2),
	}}
	sizes := map[string]int64{
		ModelFile: 64 + 4*(30+15+6+2), ConfigFile: 100, TokenizerFile: 40, VocabularyFile: 20, NGramFile: 9, StateFile: 500, LogFile: 7, CurveSVGFile: 3, CardFile: 1,
	}
	want := []PartBytes{{"table", 120}, {"n-grams", 69}, {"layers", 32}, {"tokenizer", 60}, {"training state", 500}, {"log", 10}, {"other", 165}}
	if got := Parts(c, sizes); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
