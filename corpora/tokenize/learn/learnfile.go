package learn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// What train writes is in the layout of Hugging Face's tokenizers library, see
// tokenizerjson.go. Merges are strings with a space, which all its versions read.

// parts are the sections of tokenizer.json that do not depend on the text.
func (o Options) parts() tokenize.Parts {
	var p tokenize.Parts
	switch o.Model {
	case WordPiece:
		p.Normalizer = fmt.Appendf(nil, `{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":%t,"lowercase":%t}`,
			o.StripAccents, o.Lowercase)
		p.PreTokenizer = json.RawMessage(`{"type":"BertPreTokenizer"}`)
		p.Decoder = json.RawMessage(`{"type":"WordPiece","prefix":"##","cleanup":true}`)
	case BPE:
		p.Normalizer = o.normalizers("NFC")
		const byteLevel = `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`
		p.PreTokenizer = json.RawMessage(byteLevel)
		p.Decoder = json.RawMessage(byteLevel)
	case Unigram:
		p.Normalizer = o.normalizers("NFKC")
		const words = `{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}`
		p.PreTokenizer = json.RawMessage(`{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},` + words + `]}`)
		p.Decoder = json.RawMessage(words)
	}
	for id, token := range o.Special {
		p.Added = append(p.Added, tokenize.AddedToken{ID: id, Content: token, Special: true})
	}
	return p
}

// normalizers are a normal form, and what is asked for.
func (o Options) normalizers(form string) json.RawMessage {
	var steps []string
	if o.StripAccents {
		steps = append(steps, strings.Replace(form, "C", "D", 1), "StripAccents")
	}
	if o.Lowercase {
		steps = append(steps, "Lowercase")
	}
	if steps = append(steps, form); len(steps) == 1 {
		return fmt.Appendf(nil, `{"type":%q}`, form)
	}
	for i, step := range steps {
		steps[i] = fmt.Sprintf(`{"type":%q}`, step)
	}
	return json.RawMessage(`{"type":"Sequence","normalizers":[` + strings.Join(steps, ",") + `]}`)
}

// writeWordPiece puts the model into the file; ids are places in tokens.
func (o Options) writeWordPiece(p *tokenize.Parts, tokens []string) error {
	b := bytes.NewBufferString(`{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":`)
	if err := writeTokenIDs(b, tokens); err != nil {
		return err
	}
	b.WriteByte('}')
	p.Model = b.Bytes()
	return nil
}

// writeBPE puts the model into the file.
func (o Options) writeBPE(p *tokenize.Parts, tokens []string, merges [][2]string) error {
	b := bytes.NewBufferString(`{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,` +
		`"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":`)
	if err := writeTokenIDs(b, tokens); err != nil {
		return err
	}
	b.WriteString(`,"merges":[`)
	var line []byte
	for i, merge := range merges {
		if i > 0 {
			b.WriteByte(',')
		}
		var err error
		if line, err = plainjson.AppendString(line[:0], merge[0]+" "+merge[1]); err != nil {
			return err
		}
		b.Write(line)
	}
	b.WriteString("]}")
	p.Model = b.Bytes()
	return nil
}

// writeTokenIDs writes an object of tokens and their ids.
func writeTokenIDs(b *bytes.Buffer, tokens []string) error {
	b.WriteByte('{')
	var line []byte
	for id, token := range tokens {
		if id > 0 {
			b.WriteByte(',')
		}
		var err error
		if line, err = plainjson.AppendString(line[:0], token); err != nil {
			return err
		}
		line = append(line, ':')
		b.Write(strconv.AppendInt(line, int64(id), 10))
	}
	b.WriteByte('}')
	return nil
}

// writeUnigram puts the model into the file: the special tokens, then the pieces
// from the most likely.
func (o Options) writeUnigram(p *tokenize.Parts, u *unigramLearner) error {
	type scored [2]any
	vocab := make([]scored, 0, len(o.Special)+len(u.pieces))
	unknown := 0
	special := map[string]bool{}
	for id, token := range o.Special {
		if token == unigramUnknown {
			unknown = id
		}
		special[token] = true
		vocab = append(vocab, scored{token, 0})
	}
	var letters []rune
	for _, piece := range u.pieces {
		letters = letters[:0]
		for _, c := range piece.letters {
			letters = append(letters, u.alphabet[c-1])
		}
		if token := string(letters); !special[token] {
			vocab = append(vocab, scored{token, piece.score})
		}
	}
	var err error
	p.Model, err = plainjson.Marshal(map[string]any{"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": false}, "")
	return err
}
