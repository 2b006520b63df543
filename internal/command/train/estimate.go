package train

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/estimate"
	"github.com/luminavec/luminavec/internal/words"
)

// limits is replaced by tests to simulate a small machine.
var limits = estimate.Machine

// checkNeeds reports what a training of word vectors needs, and returns an error if the
// machine does not have that; with force it only warns. A resumed training has its
// tables already, and done of its work.
func (t *target) checkNeeds(cmd *cobra.Command, kind words.Kind, o words.Options, corpus *corpora.Corpus, done float64, sets int, resumed bool) error {
	need, err := words.Needs(kind.Objective, o, corpus, done, t.watch.keepsBest(sets), resumed)
	if err != nil {
		return err
	}
	return t.noteNeeds(cmd, need, "lower --dim or --max-vocab, or raise --min-count")
}

// noteNeeds reports what a training needs; lower says which options reduce it.
func (t *target) noteNeeds(cmd *cobra.Command, need estimate.Need, lower string) error {
	has := limits(t.output)
	if err := need.Check(has, lower+"; --force trains anyway"); err != nil {
		if !t.force {
			return err
		}
		cli.Warn(cmd, "%v", err)
	}
	guess := "about " + cli.Duration(need.Time)
	if need.Time < time.Second {
		guess = "less than a second"
	}
	cli.Note(cmd, "training needs %s of memory%s and %s of disk%s; estimated time: %s",
		cli.Bytes(estimate.Peak(estimate.Total(need.Memory))), free(has.Memory), cli.Bytes(estimate.Total(need.Disk)), free(has.Disk), guess)
	return nil
}

// spoolMemory is how much of the ids of a text corpora keeps in memory.
const spoolMemory = 256 << 20

// warnSpool warns if the ids of a text may not fit on the disk of temporary
// files. Compressed text needs at least its own size.
func warnSpool(cmd *cobra.Command, source *text.Source) {
	need, has := estimate.Spool(source.Size(), spoolMemory), limits(os.TempDir()).Disk
	if has >= 0 && need > has {
		cli.Warn(cmd, "the words of %s of text may need %s in %s, which has %s free: set TMPDIR to a larger disk",
			cli.Bytes(source.Size()), cli.Bytes(need), os.TempDir(), cli.Bytes(has))
	}
}

// free formats the free space; "" if it is not known.
func free(bytes int64) string {
	if bytes < 0 {
		return ""
	}
	return " (" + cli.Bytes(bytes) + " free)"
}
