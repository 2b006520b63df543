package words_test

import (
	"github.com/luminavec/luminavec/cbow"
	. "github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/skipgram"
)

var (
	_ = skipgram.Train // registers skip-gram
	_ = cbow.Train
)

// SkipGram and CBOW return the two objectives as they are registered.
func SkipGram() *Objective { return objectiveOf("skipgram") }
func CBOW() *Objective     { return objectiveOf("cbow") }

func objectiveOf(name string) *Objective {
	k, _ := Lookup(name)
	return k.Objective
}
