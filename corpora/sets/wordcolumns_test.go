package sets

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/internal/fault"
)

// The first rows of sets as their authors published them, with the pairs that they mean.
func TestPublishedWordPairs(t *testing.T) {
	for _, c := range []struct {
		name, text, columns, pairs string
	}{
		{"SimLex-999 (Hill and others, 2015)", "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\tSD(SimLex)\n" +
			"old\tnew\tA\t1.58\t2.72\t2.81\t2\t7.25\t1\t0.41\n" +
			"smart\tintelligent\tA\t9.2\t1.75\t2.46\t1\t7.11\t1\t0.67\n" +
			"hard\tdifficult\tA\t8.77\t3.76\t2.21\t2\t5.94\t1\t1.19\n",
			"words in columns 1-2, score in column 4", "[{old new 1.58} {smart intelligent 9.2} {hard difficult 8.77}]"},
		{"SimLex-999 without the other columns", "old new A 1.58\nsmart intelligent A 9.2\nwife husband N 2.3\n",
			"words in columns 1-2, score in column 4", "[{old new 1.58} {smart intelligent 9.2} {wife husband 2.3}]"},
		{"SimVerb-3500 (Gerz and others, 2016)", "take\tremove\tV\t6.81\tSYNONYMS\nwalk\ttrail\tV\t4.81\tCOHYPONYMS\nfeed\tstarve\tV\t1.49\tANTONYMS\n",
			"words in columns 1-2, score in column 4", "[{take remove 6.81} {walk trail 4.81} {feed starve 1.49}]"},
		{"WordSim-353 (Finkelstein and others, 2002), combined.csv", "Word 1,Word 2,Human (mean)\nlove,sex,6.77\ntiger,cat,7.35\ntiger,tiger,10.00\n",
			"words in columns 1-2, score in column 3", "[{love sex 6.77} {tiger cat 7.35} {tiger tiger 10}]"},
		{"WordSim-353, set1.csv", "Word 1,Word 2,Human (mean),1,2,3,4,5,6,7,8,9,10,11,12,13\n" +
			"love,sex,6.77,9,6,8,8,7,8,8,4,7,2,6,7,8\ntiger,cat,7.35,9,7,8,7,8,9,8.5,5,6,9,7,5,7\nbook,paper,7.46,8,8,7,7,8,9,7,6,7,8,9,4,9\n",
			"words in columns 1-2, score in column 3", "[{love sex 6.77} {tiger cat 7.35} {book paper 7.46}]"},
		{"its annotators before their mean", "love,sex,9,6,8,8,7,8,8,4,7,2,6,7,8,6.77\ntiger,cat,9,7,8,7,8,9,8.5,5,6,9,7,5,7,7.35\nbook,paper,8,8,7,7,8,9,7,6,7,8,9,4,9,7.46\n",
			"words in columns 1-2, score in column 16", "[{love sex 6.77} {tiger cat 7.35} {book paper 7.46}]"},
		{"WordSim-353 with relations (Agirre and others, 2009)", "# i - identical tokens\n#\nt\tlove\tsex\t6.77\nS\ttiger\tcat\t7.35\ni\ttiger\ttiger\t10.00\n",
			"words in columns 2-3, score in column 4", "[{love sex 6.77} {tiger cat 7.35} {tiger tiger 10}]"},
		{"MEN (Bruni and others, 2014)", "sun sunlight 50.000000\nautomobile car 50.000000\nriver water 49.000000\n",
			"words in columns 1-2, score in column 3", "[{sun sunlight 50} {automobile car 50} {river water 49}]"},
		{"RW (Luong and others, 2013)", "squishing\tsquirt\t5.88\t5\t7\t6\t0\t8\t6\t7\t7\t5\t7\nundated\tundatable\t5.83\t10\t9\t6\t5\t0\t4\t7\t6\t5\t1\n",
			"words in columns 1-2, score in column 3", "[{squishing squirt 5.88} {undated undatable 5.83}]"},
		{"MTurk-771 (Halawi and others, 2012)", "access,gateway,3.79166666666667\naccount,explanation,2.83333333333333\n",
			"words in columns 1-2, score in column 3", "[{access gateway 3.79166666666667} {account explanation 2.83333333333333}]"},
		{"RG-65 (Rubenstein and Goodenough, 1965)", "gem;jewel;3.94\nmidday;noon;3.94\nautomobile;car;3.92\n",
			"words in columns 1-2, score in column 3", "[{gem jewel 3.94} {midday noon 3.94} {automobile car 3.92}]"},
		{"German, with decimal commas", "Wort1;Wort2;Ähnlichkeit\nEdelstein;Juwel;3,94\nKüste;Ufer;3\nGlas;Zauberer;0,44\n",
			"words in columns 1-2, score in column 3, with decimal commas", "[{Edelstein Juwel 3.94} {Küste Ufer 3} {Glas Zauberer 0.44}]"},
		{"spaces and decimal commas", "Edelstein Juwel 3,94\nGlas Zauberer 0,44\n",
			"words in columns 1-2, score in column 3, with decimal commas", "[{Edelstein Juwel 3.94} {Glas Zauberer 0.44}]"},
		{"quoted decimal commas", "Edelstein,Juwel,\"3,94\"\nGlas,Zauberer,\"0,44\"\n",
			"words in columns 1-2, score in column 3, with decimal commas", "[{Edelstein Juwel 3.94} {Glas Zauberer 0.44}]"},
		{"word-benchmarks of Vecto", ",word1,word2,similarity\n0,car,automobile,3.92\n1,gem,jewel,3.84\n2,noon,string,0.008\n",
			"words in columns 2-3, score in column 4", "[{car automobile 3.92} {gem jewel 3.84} {noon string 0.008}]"},
		{"SemEval-2017, a row number and no header", "1\tJerusalem\tIsrael\t3.2\n2\tMarathon\tsprint\t2.1\n3\tbook\tcar\t0.1\n",
			"words in columns 2-3, score in column 4", "[{Jerusalem Israel 3.2} {Marathon sprint 2.1} {book car 0.1}]"},
		{"SCWS (Huang and others, 2012)", "1\tBrazil\tn\tnut\tn\tfrom the coast of <b> Brazil </b> inland\tthe husk of a <b> nut </b> is hard\t1.1\t0.0\t1.0\t2.3\n" +
			"2\tfight\tv\tbattle\tn\tto <b> fight </b> for the town\ta <b> battle </b> near the river\t8.5\t8.0\t9.1\t8.4\n",
			"words in columns 2 and 4, score in column 8", "[{Brazil nut 1.1} {fight battle 8.5}]"},
		{"relations", "cat\tdog\tCOHYPONYMS\t3.5\ncar\troad\tnone\t2.1\nking\tmonarch\tHYPER/HYPONYMS\t7\n",
			"words in columns 1-2, score in column 4", "[{cat dog 3.5} {car road 2.1} {king monarch 7}]"},
		{"empty columns at the end", "w1,w2,sim\ncat,dog,3.5,\ncar,road,2.1,,\n", "words in columns 1-2, score in column 3", "[{cat dog 3.5} {car road 2.1}]"},
		{"other ids", "1047,king,queen,8.5\n12,king,man,6\n733,king,cabbage,0.2\n",
			"words in columns 2-3, score in column 4", "[{king queen 8.5} {king man 6} {king cabbage 0.2}]"},
		{"ids with letters", "p1\tking\tqueen\t8.5\np2\tking\tman\t6\n",
			"words in columns 2-3, score in column 4", "[{king queen 8.5} {king man 6}]"},
		{"the score first", "8.5\tking\tqueen\n6\tking\tman\n6\tking\tboy\n",
			"words in columns 2-3, score in column 1", "[{king queen 8.5} {king man 6} {king boy 6}]"},
		{"R", "\"word1\" \"word2\" \"score\"\n\"1\" \"king\" \"queen\" 8.5\n\"2\" \"king\" \"man\" 6\n",
			"words in columns 2-3, score in column 4", "[{king queen 8.5} {king man 6}]"},
		{"a header with the spread", "w1,w2,sd,mean,n\nking,queen,0.5,8.5,10\nking,man,1.5,6.25,10\n",
			"words in columns 1-2, score in column 4", "[{king queen 8.5} {king man 6.25}]"},
		{"numbers as words", "101 205 0.93\n101 7 0.1\n", "words in columns 1-2, score in column 3", "[{101 205 0.93} {101 7 0.1}]"},
		{"nan is a word", "nan\tgrandmother\t9\nnan\tbread\t3\ngran\tinfinity\t0.5\n",
			"words in columns 1-2, score in column 3", "[{nan grandmother 9} {nan bread 3} {gran infinity 0.5}]"},
	} {
		path := corporatest.WriteFile(t, t.TempDir(), "set.txt", c.text)
		set, err := ReadWordPairs(context.Background(), path)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if set.Columns.String() != c.columns || fmt.Sprint(set.Pairs) != c.pairs {
			t.Errorf("%s: %s: %v\nwant %s: %s", c.name, set.Columns, set.Pairs, c.columns, c.pairs)
		}
		if c.name == "the score first" || c.name == "numbers as words" {
			continue // too much like text
		}
		if kind, err := Detect(path); kind != WordsSet || err != nil {
			t.Errorf("%s: detected as %s, %v", c.name, kind, err)
		}
	}
}

// What is ambiguous is refused; the option decides.
func TestScoreColumn(t *testing.T) {
	two := "king queen 8.5 7.2\nking man 6 1.1\n"
	for _, c := range []struct {
		text    string
		column  int
		message string // of the error, or
		pairs   string
	}{
		{two, 0, "cannot tell which column is the score: columns 3 (8.5), 4 (7.2) hold numbers", ""},
		{two, 3, "", "[{king queen 8.5} {king man 6}]"},
		{two, 4, "", "[{king queen 7.2} {king man 1.1}]"},
		{two, 2, "ScoreColumn must be a column of numbers, but column 2 holds texts such as \"queen\"", ""},
		{two, 5, "ScoreColumn must be from 1 to 4, the number of columns, got 5", ""},
		{two, -1, "ScoreColumn must be from 1 to 4, the number of columns, got -1", ""},
		{"word1,word2,similarity,relatedness\nking,queen,8.5,7.2\nking,man,6,1.1\n", 0, "columns 3 (similarity), 4 (relatedness)", ""},
		{"word1,word2,similarity,relatedness\nking,queen,8.5,7.2\nking,man,6,1.1\n", 4, "", "[{king queen 7.2} {king man 1.1}]"},
		{"a,b,score,mean\nking,queen,8.5,8.5\nking,man,6,6\n", 0, "", "[{king queen 8.5} {king man 6}]"}, // they do not differ
		{"1 king queen\n2 king man\n3 king boy\n", 0, "no score: the only numbers, in column 1, are line numbers", ""},
		{"Auto,Wagen,3,5\nAuto,Baum,0,4\n", 0, "columns 3 (3), 4 (5)", ""}, // decimal commas between commas
		{"Auto;Wagen;3,5\nAuto;Baum;0.4\n", 0, "the scores in column 3 have decimal points and decimal commas", ""},
		{"word1,word2,score\nAuto,Wagen,3,5\nAuto,Baum,0,4\n", 0, "set.txt:2: expected the 3 columns that the first line names but found 4", ""},
		{"king queen monarch 8.5\nman boy lad 6\n", 0, "cannot tell which columns are the two words: columns 1 (king), 2 (queen), 3 (monarch) hold texts", ""},
		{"king queen 8.5\nking man 7.x\n", 0, "set.txt:2: score \"7.x\" is not a number", ""},
		{"king queen 7.x\nking man 8.5\n", 0, "set.txt:1: score \"7.x\" is not a number", ""}, // not a header
		{"king queen NA\nking man 8.5\n", 0, "set.txt:1: score \"NA\" is not a number", ""},
		{"king queen −1.5\nking man 8.5\n", 0, "set.txt:1: score \"−1.5\" is not a number", ""},
		{"Auto;Wagen;1,200\nAuto;Baum;950\n", 0, "may be thousands separators or decimal commas", ""},
		{"Auto;Wagen;1,200\nAuto;Baum;9\n", 0, "", "[{Auto Wagen 1.2} {Auto Baum 9}]"},
		{"{\"w1\":\"king\",\"w2\":\"queen\",\"score\":8}\n{\"w1\":\"king\",\"w2\":\"man\",\"score\":7}\n", 0, "set.txt:1: expected columns but found JSON", ""},
		{"old new A 1.58\nsmart bright A\n", 0, "set.txt:2: expected 4 columns but found 3", ""},
	} {
		path := corporatest.WriteFile(t, t.TempDir(), "set.txt", c.text)
		set, err := WordPairsOptions{ScoreColumn: c.column}.Read(context.Background(), path)
		switch {
		case c.message != "" && (err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == ""):
			t.Errorf("%q, column %d: %v, hint %q, want %s", c.text, c.column, err, fault.Hint(err), c.message)
		case c.message == "" && (err != nil || fmt.Sprint(set.Pairs) != c.pairs):
			t.Errorf("%q, column %d: %v, %v, want %s", c.text, c.column, set, err, c.pairs)
		}
	}
}

// More rows than are examined to find the columns are read in the same way.
func TestManyWordPairs(t *testing.T) {
	var b strings.Builder
	for i := range maxRows + 500 {
		fmt.Fprintf(&b, "%d,w%d,v%d,%d.5\n", i, i, i%7, i%11)
	}
	set, err := ReadWordPairs(context.Background(), corporatest.WriteFile(t, t.TempDir(), "set.csv", b.String()))
	if err != nil || len(set.Pairs) != maxRows+500 || set.Pairs[maxRows+1] != (WordPair{"w10001", "v5", 2.5}) {
		t.Errorf("%d pairs, %v", len(set.Pairs), err)
	}
}
