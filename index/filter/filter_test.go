package filter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// rows is a table of passages, each with its fields. Several values are separated by "|".
type rows struct {
	kinds map[string]Kind
	list  []map[string]string
}

func (r rows) Fields() []Field {
	var all []Field
	for _, name := range slices.Sorted(maps.Keys(r.kinds)) {
		all = append(all, Field{name, r.kinds[name]})
	}
	return all
}

func (r rows) Values(_ context.Context, field string, visit func(int64, string)) error {
	for i, row := range r.list {
		if v, ok := row[field]; ok {
			for one := range strings.SplitSeq(v, "|") {
				visit(int64(i), one)
			}
		}
	}
	return nil
}

func (r rows) Labels() *roaring64.Bitmap {
	all := roaring64.New()
	all.AddRange(0, uint64(len(r.list)))
	return all
}

var books = rows{
	map[string]Kind{"year": Number, "lang": String, "date": Date, "open": Bool, "tags": String, "id": String, "my field": String, "größe": Number},
	[]map[string]string{
		{"year": "1999", "lang": "en", "date": "1999-12-31", "open": "true", "tags": "go|search", "id": "007"},
		{"year": "2020", "lang": "de", "date": "2020-02-29T23:30:00Z", "open": "False", "tags": "Suche", "id": "10"},
		{"year": "2020.5", "lang": "en", "date": "2020-03", "tags": "it's \"so\"", "id": "9", "my field": "x"},
		{"lang": "EN", "id": "n.d.", "größe": "-3e2"},
		{"year": "9007199254740993", "lang": "日本", "date": "2020-03-01T00:30:00+02:00"},
	},
}

// The results are read off the table above.
func TestLabels(t *testing.T) {
	for text, want := range map[string][]uint64{
		`year >= 2020 and lang = "en"`:             {2},
		`year >= 2020`:                             {1, 2, 4},
		`year > 2020`:                              {2, 4},
		`year < 2020`:                              {0},
		`year<=2020`:                               {0, 1},
		`year != 2020`:                             {0, 2, 4},
		`not year = 2020`:                          {0, 2, 3, 4},
		`NOT (year = 2020)`:                        {0, 2, 3, 4},
		`! exists year`:                            {3},
		`year not exists`:                          {3},
		`exists(year) AND year exists`:             {0, 1, 2, 4},
		`year in (1999, 2020)`:                     {0, 1},
		`year not in (1999, 2020)`:                 {2, 4},
		`year = 9007199254740993`:                  {4},
		`year = 9007199254740992`:                  {},
		`year = "2020.50"`:                         {2},
		`lang = en`:                                {0, 2},
		`lang == 'en' or lang = "de"`:              {0, 1, 2},
		`lang = "日本"`:                              {4},
		`lang != "en"`:                             {1, 3, 4},
		`lang contains "N"`:                        {0, 2, 3},
		`lang ~ E`:                                 {0, 1, 2, 3},
		`lang not contains e`:                      {4},
		`date >= 2020-02-29`:                       {1, 2, 4},
		`date = 2020-02-29`:                        {1, 4}, // 00:30 at +02:00 is 22:30 the day before
		`date <= 2020-02`:                          {0, 1, 4},
		`date > 2020-02`:                           {2},
		`date = 2020`:                              {1, 2, 4},
		`date < "2020-02-29T23:30:00Z"`:            {0, 4},
		`open = true`:                              {0},
		`open != true`:                             {1},
		`open = FALSE`:                             {1},
		`tags = search`:                            {0},
		`tags = go and tags = search`:              {0},
		`tags = "it's \"so\""`:                     {2},
		`tags ~ 'SUCHE'`:                           {1},
		`id = 7`:                                   {0},
		`id = "7"`:                                 {},
		`id = "007"`:                               {0},
		`id > 8`:                                   {1, 2},
		`id > "8"`:                                 {2, 3},
		"`my field` = x":                           {2},
		`größe < 0`:                                {3},
		`lang=en&&year>2000||lang=de`:              {1, 2},
		`lang = de or lang = en and year > 2000`:   {1, 2},
		`(lang = de or lang = en) and year < 2000`: {0},
		`year <> 2020 && !(lang = en)`:             {4},
		`year = 2020 or year = 2020.5 or year in (1999)  `: {0, 1, 2},
	} {
		c, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		set, err := c.Labels(context.Background(), books)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := set.ToArray(); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                      "condition, character 1: the condition is empty\n  \n  ^",
		`year >=`:               "condition, character 8: expected a value but found the end\n  year >=\n         ^",
		`year 2020`:             "condition, character 6: expected =, !=, <, <=, >, >=, in, contains or exists but found \"2020\"\n  year 2020\n       ^",
		`yaer = 1`:              "condition, character 1: no passage has the field \"yaer\"\n  yaer = 1\n  ^",
		`lang = en an year = 1`: "condition, character 11: expected and, or, or the end but found \"an\"\n  lang = en an year = 1\n            ^",
		`(year = 1`:             "condition, character 1: this parenthesis is not closed\n  (year = 1\n  ^",
		`year = 1)`:             "condition, character 9: this parenthesis closes nothing\n  year = 1)\n          ^",
		`lang = "en`:            "condition, character 8: the closing quote is missing\n  lang = \"en\n         ^",
		`year = "abc"`:          "condition, character 8: \"abc\" is not a number, as the values of year are\n  year = \"abc\"\n         ^",
		`日本 = 1 and year = x`:   "condition, character 1: no passage has the field \"日本\"\n  日本 = 1 and year = x\n  ^",
		`lang = "日本" year`:      "condition, character 13: expected and, or, or the end but found \"year\"\n  lang = \"日本\" year\n                ^",
		`"year" = 1`:            "condition, character 1: expected the name of a field but found \"year\"\n  \"year\" = 1\n  ^",
		`open > true`:           "condition, character 8: true and false, the values of open, cannot be compared with >\n  open > true\n         ^",
		"year = \x1b[31m":       "condition, character 8: unexpected character '\\x1b'\n  year =  [31m\n         ^",
		`date = tomorrow`:       "condition, character 8: \"tomorrow\" is not a date, as the values of date are\n  date = tomorrow\n         ^",
		`year in 2020`:          "condition, character 9: expected ( but found \"2020\"\n  year in 2020\n          ^",
		`lang = “en”`:           "condition, character 8: unexpected character '“'\n  lang = “en”\n         ^",
	} {
		c, err := Parse(text)
		if err == nil {
			_, err = c.Labels(context.Background(), books)
		}
		var e *Error
		if !errors.As(err, &e) || e.Error()+"\n"+e.Excerpt() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
	c, _ := Parse("nope = 1")
	var e *Error
	if _, err := c.Labels(context.Background(), books); !errors.As(err, &e) || !strings.Contains(e.Hint(), `"date", "größe", "id", "lang"`) {
		t.Errorf("the hint does not list the fields: %v", err)
	}
	// A long condition is shown in part.
	long := strings.Repeat("lang = en or ", 50) + "lang ="
	if _, err := Parse(long); !errors.As(err, &e) || len(strings.Split(e.Excerpt(), "\n")[0]) > 50 {
		t.Errorf("%v", err)
	}
	for _, deep := range []string{strings.Repeat("(", 5000), strings.Repeat("not ", 5000) + "a = 1"} {
		if _, err := Parse(deep); !errors.As(err, &e) || !strings.Contains(e.Message, "in one another") {
			t.Errorf("%v", err)
		}
	}
}

func TestKindOf(t *testing.T) {
	for values, want := range map[string]Kind{
		"1,2.5,-3e4": Number, "2020,2021": Number, "2020,n.d.": String, "true,False": Bool, "2020-01-02,2020-03": Date,
		"": String, ",1,": Number, "NaN,1": String, "0x10": String, "1_000": String, "inf": String, "2024-13-01": String,
	} {
		if got := KindOf(slices.Values(strings.Split(values, ","))); got != want {
			t.Errorf("%q: %s, want %s", values, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`year >= 2020 and lang = "en"`, "`a` in (1, 'b')", "not (a ~ b or !c exists)", "\"", "\\", "a=1||b<2&&c<>3", "日本 = 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err == nil {
			_, err = c.Labels(context.Background(), books)
		}
		var e *Error
		if err == nil {
			return
		}
		if !errors.As(err, &e) || e.At < 0 || e.At > len(text) || strings.Count(e.Excerpt(), "\n") != 1 {
			t.Fatalf("%q: %v", text, err)
		}
		if strings.ContainsAny(e.Excerpt(), "\x1b\r\u0085") {
			t.Fatalf("%q: %q", text, e.Excerpt())
		}
	})
}
