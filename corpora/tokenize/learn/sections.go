package learn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/plainjson"
)

// normalizers returns a normal form with the steps that o asks for.
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

// writeTokenIDs writes a JSON object of the tokens and their ids.
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
