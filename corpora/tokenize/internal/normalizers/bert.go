package normalizers

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/luminavec/luminavec/internal/plainjson"
)

func init() {
	register("BertNormalizer", func(data json.RawMessage) ([]Step, error) {
		o, err := ParseBert(data)
		return o.Steps(), err
	})
}

// BertOptions are the settings of BertNormalizer.
type BertOptions struct {
	Clean   bool // clean_text: drop control characters, make all white space a space
	Chinese bool // handle_chinese_chars: put spaces around ideographs
	Strip   bool // strip_accents: decompose (NFD) and drop the marks; default: as Lower
	Lower   bool // lowercase
}

// ParseBert reads a BertNormalizer.
func ParseBert(data json.RawMessage) (BertOptions, error) {
	var j struct {
		Clean   *bool `json:"clean_text"`
		Chinese *bool `json:"handle_chinese_chars"`
		Strip   *bool `json:"strip_accents"`
		Lower   *bool `json:"lowercase"`
	}
	err := json.Unmarshal(data, &j)
	o := BertOptions{
		Clean:   plainjson.Or(j.Clean, true),
		Chinese: plainjson.Or(j.Chinese, true),
		Lower:   plainjson.Or(j.Lower, true),
	}
	o.Strip = plainjson.Or(j.Strip, o.Lower)
	return o, err
}

// Steps returns the normalizer as steps. Package pretokenizers has a faster form for
// the usual case, in which BertPreTokenizer follows.
func (o BertOptions) Steps() (steps []Step) {
	classes := BertClasses()
	if o.Clean {
		steps = append(steps, newCharacterStep(func(in, out *Text, r rune, from, to int) {
			switch class := classes[r]; {
			case class&BertRemoved != 0:
			case class&BertSpace != 0:
				out.put(in, ' ', from, to)
			default:
				out.put(in, r, from, to)
			}
		}))
	}
	if o.Chinese {
		steps = append(steps, newCharacterStep(func(in, out *Text, r rune, from, to int) {
			if classes[r]&BertIdeograph == 0 {
				out.put(in, r, from, to)
				return
			}
			out.Insert(in, " ", from)
			out.put(in, r, from, to)
			out.put(in, ' ', from, to)
		}))
	}
	if o.Strip {
		steps = append(steps, formD, newCharacterStep(putWithout(func(r rune) bool { return classes[r]&BertMark != 0 })))
	}
	if o.Lower {
		steps = append(steps, newCharacterStep(putLower))
	}
	return steps
}

// Classes of characters, as BERT's tokenizer defines them.
const (
	BertPunctuation = 1 << iota
	BertMark
	BertRemoved // by clean_text
	BertIdeograph
	BertSpace
)

// BertClasses returns the classes of all code points.
var BertClasses = sync.OnceValue(func() *[unicode.MaxRune + 1]uint8 {
	classes := new([unicode.MaxRune + 1]uint8)
	for _, c := range []struct {
		ranges string
		class  uint8
	}{{bertPunctuation, BertPunctuation}, {bertMarks, BertMark}, {bertRemoved, BertRemoved}, {bertIdeographs, BertIdeograph}} {
		for _, part := range strings.Fields(c.ranges) {
			first, last, more := strings.Cut(part, "-")
			if !more {
				last = first
			}
			lo, _ := strconv.ParseUint(first, 16, 32)
			hi, _ := strconv.ParseUint(last, 16, 32)
			for r := lo; r <= hi; r++ {
				classes[r] |= c.class
			}
		}
	}
	for _, s := range unicode.White_Space.R16 { // all white space
		for r := s.Lo; r <= s.Hi; r += s.Stride {
			classes[r] |= BertSpace
		}
	}
	return classes
})
