package pairs

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

// Samples are short, and share no text.
func TestSamples(t *testing.T) {
	long, longer := strings.Repeat("a b ", 40), strings.Repeat("c d ", 50)
	for _, c := range []struct {
		lines []string
		want  [][2]string
	}{
		{[]string{"a\tb", "c\td", "e\tf", "g\th"}, [][2]string{{"a", "b"}, {"c", "d"}, {"e", "f"}}},
		{[]string{"a\tb", "a\tc", "d\ta", "e\te", "f\tg"}, [][2]string{{"a", "b"}, {"f", "g"}}},
		{[]string{longer + "\tb", long + "\tc", "d\te", "f\tg", "h\ti"}, [][2]string{{"f", "g"}, {"h", "i"}, {"d", "e"}}},
		{[]string{long + "\tb", longer + "\tc"}, [][2]string{{strings.TrimSpace(long), "b"}, {strings.TrimSpace(longer), "c"}}},
	} {
		p, err := Build(context.Background(), openFiles(t, "x.tsv", strings.Join(c.lines, "\n")+"\n"), Options{Tokenizer: letterTokenizer(t)})
		if err != nil {
			t.Fatal(err)
		}
		got := p.Samples()
		for i := range got {
			got[i][0], got[i][1] = strings.TrimSpace(got[i][0]), strings.TrimSpace(got[i][1])
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%.60q: %.60q, want %.60q", c.lines, got, c.want)
		}
		p.Close()
	}
}
