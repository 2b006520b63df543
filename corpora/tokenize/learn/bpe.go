package learn

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// BPE is byte pair encoding (Sennrich, Haddow and Birch 2016) of bytes, as in GPT-2
// (Radford et al. 2019). It applies the learned merges in order. It covers all
// text, since all 256 bytes are tokens.
const BPE Model = "bpe"

func init() {
	register(BPE, kind{
		summary:  "on bytes, as in GPT-2: no text is unknown",
		alphabet: normalizers.ByteLetters[:],
		sections: bpeSections,
		learn:    learnBPE,
	})
}

func bpeSections(o Options) (f tokenizerjson.File) {
	const byteLevel = `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`
	f.Normalizer = o.normalizers("NFC")
	f.PreTokenizer = json.RawMessage(byteLevel)
	f.Decoder = json.RawMessage(byteLevel)
	return f
}

func learnBPE(ctx context.Context, o Options, t *Result, words []countedWord, alphabet []rune) (json.RawMessage, error) {
	m, err := o.learnMerges(ctx, t, words, alphabet, "")
	if err != nil {
		return nil, err
	}
	return bpeJSON(m.tokens, m.ordered())
}

// bpeJSON returns the model section. Merges are strings with a space, which all versions of
// Hugging Face's library read.
func bpeJSON(tokens []string, merges [][2]string) (json.RawMessage, error) {
	b := bytes.NewBufferString(`{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,` +
		`"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":`)
	if err := writeTokenIDs(b, tokens); err != nil {
		return nil, err
	}
	b.WriteString(`,"merges":[`)
	var line []byte
	for i, merge := range merges {
		if i > 0 {
			b.WriteByte(',')
		}
		var err error
		if line, err = plainjson.AppendString(line[:0], merge[0]+" "+merge[1]); err != nil {
			return nil, err
		}
		b.Write(line)
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}
