package pairs

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
)

// Kind is the kind of the examples of a Dataset.
type Kind int

const (
	Paired   Kind = iota // an anchor, its positive, and any number of negatives
	Scored               // two texts and how similar they are
	Labelled             // two texts and whether they are related: 0, 1 or, with Options.Labels, between
)

func (k Kind) String() string {
	return [...]string{"pairs", "scored pairs", "labeled pairs"}[k]
}

// File is one file of pairs.
type File struct {
	Name     string // name of the file, as in text.Source.Names
	Kind     Kind
	Columns  int     // number of texts of an example
	Examples int64   // number of good rows
	Weight   float64 // weight of its source
	Layout   string  // how the file was read: "TSV without a header: anchor is column 1, positive is column 2"; of pairs with scores or labels also how these were read
	// ScoreRange holds the scores that become 0 and 1, the same for all files. Only of scored
	// pairs.
	ScoreRange [2]float64

	good                int64 // rows of all shards
	firstBad            *badRow
	seen                scale.Seen // scores
	from                int64      // its first example
	hashBase, groupBase int64      // where the hashes and groups of its examples begin
}

// Dataset holds examples as ids, which training reads epoch after epoch in the batches of a
// Plan. Its methods may be called concurrently unless they say otherwise.
type Dataset struct {
	files       []*File
	records     *store
	counts      []int64 // of each token
	own         []int64 // of each token, in the shard; nil: the same
	rows        int64   // good rows of all shards
	shard       text.Shard
	tokens      int64
	stats       Stats
	fingerprint string
	groups      *textGroups // nil: Related is off
	scores      Scores
	samples     [][2]string
}

// Scores describes how the scores of all files were read.
type Scores struct {
	Low, High float64    // lowest and highest score that was read
	Range     [2]float64 // the scores that become 0 and 1; zero unless the pairs are scored
	Given     bool       // Range is Options.ScoreRange, not detected
	Warning   string     // a doubt about a file, for the user, or ""
}

// String describes the scores in a line; it is "" for pairs without scores.
func (s Scores) String() string {
	how := "detected"
	switch {
	case s.Range == [2]float64{}:
		return ""
	case s.Given:
		how = "as given"
	}
	return fmt.Sprintf("scores are from %v, on a scale of %v (%s)", scale.Range{s.Low, s.High}, scale.Range(s.Range), how)
}

// Scores describes how the scores were read.
func (p *Dataset) Scores() Scores { return p.scores }

// Samples returns the first two texts of up to three examples that share no text: the first of
// them whose texts have at most 100 bytes or, if there are fewer, the shortest others.
func (p *Dataset) Samples() [][2]string { return p.samples }

// sample keeps the texts of an example if Samples should return them.
func (p *Dataset) sample(a, b string) {
	const most, long = 3, 100
	longest, size := 0, 0
	for i, s := range p.samples {
		if s[0] == a || s[0] == b || s[1] == a || s[1] == b {
			return
		}
		if n := max(len(s[0]), len(s[1])); n > size {
			longest, size = i, n
		}
	}
	switch {
	case a == b:
	case len(p.samples) < most:
		p.samples = append(p.samples, [2]string{strings.Clone(a), strings.Clone(b)})
	case size > long && max(len(a), len(b)) < size:
		p.samples[longest] = [2]string{strings.Clone(a), strings.Clone(b)}
	}
}

// Kind returns the kind of all examples.
func (p *Dataset) Kind() Kind { return p.files[0].Kind }

// Files returns the files in the order in which they were read.
func (p *Dataset) Files() []File {
	files := make([]File, len(p.files))
	for i, f := range p.files {
		files[i] = *f
	}
	return files
}

// Examples returns the number of examples.
func (p *Dataset) Examples() int64 { return p.records.n }

// Columns returns the largest number of texts in an example; files may differ in their number
// of negatives.
func (p *Dataset) Columns() int {
	most := 0
	for _, f := range p.files {
		most = max(most, f.Columns)
	}
	return most
}

// TokenCounts returns how often each token of the vocabulary occurs in the texts, by id.
// The caller must not change it.
func (p *Dataset) TokenCounts() []int64 { return p.counts }

// Tokens returns the number of tokens of all texts.
func (p *Dataset) Tokens() int64 { return p.tokens }

// Fingerprint identifies these pairs: it is a hash of all ids, scores and file borders in
// order. Weights are not part of it.
func (p *Dataset) Fingerprint() string { return p.fingerprint }

// Stats returns the counts of the reading.
func (p *Dataset) Stats() Stats { return p.stats }

// Close releases the memory and removes the spool file, if there is one.
func (p *Dataset) Close() error { return p.records.ids.Close() }

// Shard returns the part of the examples that the dataset holds; see Options.Shard.
func (p *Dataset) Shard() text.Shard { return p.shard }

// Rows returns the number of examples of all shards.
func (p *Dataset) Rows() int64 { return p.rows }

// OwnTokenCounts returns how often each token occurs in the examples of the shard, whereas
// TokenCounts is that of all shards. The caller must not change it.
func (p *Dataset) OwnTokenCounts() []int64 {
	if p.own != nil {
		return p.own
	}
	return p.counts
}
