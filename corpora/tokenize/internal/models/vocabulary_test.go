package models

import (
	"maps"
	"testing"
)

func TestPlainVocabulary(t *testing.T) {
	for data, want := range map[string]vocabulary{
		`{}`: nil,
		"{\n \"a\": 0,\t\"\\\"\":12 , \"\\\\\" : 3}": {"a": 0, `"`: 12, `\`: 3},
		`{"é":1,"\u00e8":2}`:                         {"é": 1, "è": 2},
		`{"a":1.0}`:                                  nil,
		`{"a":-1}`:                                   nil,
		`{"a":01}`:                                   nil,
		`{"a":12345678901}`:                          nil,
		`{"a":1,"a":2}`:                              nil,
		`{"a":1,}`:                                   nil,
		`{"a":1`:                                     nil,
		`{"a`:                                        nil,
		`{"a\`:                                       nil,
		`{"a":1} x`:                                  nil,
		`["a"]`:                                      nil,
		``:                                           nil,
	} {
		got, ok := plainVocabulary([]byte(data))
		if ok != (want != nil) || ok && !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", data, got, ok)
		}
	}
}
