package models

import (
	"maps"
	"testing"
)

func TestPlainTokens(t *testing.T) {
	for data, want := range map[string]map[string]int{
		`{}`: nil,
		"{\n \"a\": 0,\t\"\\\"\":12 , \"\\\\\" : 3}": {"a": 0, `"`: 12, `\`: 3},
		`{"é":1,"\u00e8":2}`:                         {"é": 1, "è": 2},
		`{"a":0,"b":1}`:                              {"a": 0, "b": 1},
		`{"a":0,"b":1,"c":2}`:                        {"a": 0, "b": 1, "c": 2},
		`{"a":0,"b":1,"c":2,"d":3}`:                  {"a": 0, "b": 1, "c": 2, "d": 3},
		`{"a":0,"b":2,"c":1}`:                        {"a": 0, "b": 2, "c": 1},
		`{"a":0,"x":1,"c":2}`:                        {"a": 0, "x": 1, "c": 2},
		`{"a":1.0}`:                                  nil,
		`{"a":-1}`:                                   nil,
		`{"a":01}`:                                   nil,
		`{"a":12345678901}`:                          nil,
		`{"a":1,"a":2}`:                              nil,
		`{"a":0,"b":1,"c":2,"a":3}`:                  nil,
		`{"a":1,}`:                                   nil,
		`{"a":1`:                                     nil,
		`{"a`:                                        nil,
		`{"a\`:                                       nil,
		`{"a":1} x`:                                  nil,
		"{\"a\n\":1}":                                nil,
		`["a"]`:                                      nil,
		``:                                           nil,
	} {
		for _, known := range []*Tokens{nil, tokensOf("a", "b", "c"), {}} {
			got := plainTokens([]byte(data), known)
			if (got != nil) != (want != nil) || got != nil && !maps.Equal(maps.Collect(got.All()), want) {
				t.Errorf("%s: %v", data, got)
			}
			if got == nil {
				continue
			}
			for token, id := range want {
				if found, ok := got.Find(token); !ok || found != id {
					t.Errorf("%s: %q has the id %d, %v", data, token, found, ok)
				}
			}
			if same := known.Len() == 3 && data == `{"a":0,"b":1,"c":2}`; same != (got == known) {
				t.Errorf("%s: known tokens: %v, want %v", data, got == known, same)
			}
		}
	}
}

func TestPlainScores(t *testing.T) {
	for data, want := range map[string][]scoredToken{
		`[["a",0]]`: {{"a", 0}},
		" [ [ \"\\u00e8\" , -1.5e-2 ] , [\"b\",2] ] ": {{"è", -0.015}, {"b", 2}},
		`[]`:            nil,
		`[["a"]]`:       nil,
		`[["a",0,1]]`:   nil,
		`[["a",+1]]`:    nil,
		`[["a",.5]]`:    nil,
		`[["a",1e999]]`: nil,
		`[["a",NaN]]`:   nil,
		`[["a",]]`:      nil,
		`[["a",0],]`:    nil,
		`[["a",0]`:      nil,
		`[["a",0]] x`:   nil,
		`[{"a":0}]`:     nil,
		``:              nil,
	} {
		got, ok := plainScores([]byte(data))
		if ok != (want != nil) {
			t.Errorf("%s: %v, %v", data, got, ok)
		}
		for i := range want {
			if len(got) != len(want) || got[i] != want[i] {
				t.Errorf("%s: %v, want %v", data, got, want)
				break
			}
		}
	}
}
