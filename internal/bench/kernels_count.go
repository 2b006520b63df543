package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// loopCount is the number of instructions of an inner loop on one architecture.
type loopCount struct {
	loop, architecture     string
	all, arithmetic, loads int // loads of one register each
}

// countedLoops are the loops in which the kernels spend their time. An iteration does the same
// work on both architectures.
var countedLoops = []struct {
	name         string
	amd64, arm64 string // file, function and label
}{
	{"skip-gram, scores (6 outputs, 2 context words, 8 values)", "window_avx2_amd64.s skipGram6AVX2 score_2", "window_arm64.s skipGram6NEON score_2"},
	{"skip-gram, update (6 outputs, 1 context word, 8 values)", "window_avx2_amd64.s skipGram6AVX2 row", "window_arm64.s skipGram6NEON row"},
	{"CBOW, hidden row and scores (8 values)", "window_avx2_amd64.s cbow6AVX2 mean", "window_arm64.s cbow6NEON mean"},
	{"matrix product (6 × 16 tile, 4 steps)", "gemm_amd64.s gemmTileAVX2 four", "gemm_arm64.s gemmTileNEON four"},
	{"dot (32 values)", "vector_amd64.s dotAVX2 dot_four", "vector_arm64.s dotNEON dot_four"},
	{"squared distance (32 values)", "vector_amd64.s squaredDistanceAVX2 squaredDistance_four", "vector_arm64.s squaredDistanceNEON squaredDistance_four"},
	{"dots (8 rows, 8 values)", "vector_amd64.s dotsAVX2 dots_whole", "vector_arm64.s dotsNEON dots_whole"},
	{"exponentials (32 values)", "exp_amd64.s expSumAVX2 expSum_four", "exp_arm64.s expSumNEON expSum_four"},
	{"8-bit codes (4 codes, 64 values)", "codes_amd64.s code8DistancesAVX2 lines_4", "codes_arm64.s code8DistancesDotProd lines_4"},
	{"8-bit codes without products of bytes", "codes_amd64.s code8DistancesAVX2 lines_4", "codes_arm64.s code8DistancesNEON lines_4"},
	{"4-bit codes (4 codes, 128 values)", "codes_amd64.s code4DistancesAVX2 lines_4", "codes_arm64.s code4DistancesDotProd lines_4"},
	{"2-bit codes (4 codes, 256 values)", "codes_amd64.s code2DistancesAVX2 lines_4", "codes_arm64.s code2DistancesDotProd lines_4"},
	{"1-bit codes (4 codes, 512 values)", "codes_amd64.s code1DistancesAVX2 lines_4", "codes_arm64.s code1DistancesDotProd lines_4"},
	{"FastScan (32 codes, 8 values)", "fastscan_amd64.s fastScanAVX2 line", "fastscan_arm64.s fastScanNEON line"},
	{"rotation, a stage (16 values)", "hadamard_amd64.s hadamardAVX2 between", "hadamard_arm64.s hadamardNEON between"},
	{"query to bytes (64 values)", "queries_amd64.s queryBytesAVX2 line", "queries_arm64.s queryBytesNEON line"},
	{"query to tables (16 values)", "queries_amd64.s queryTablesAVX2 values", "queries_arm64.s queryTablesNEON values"},
	{"halves (16 values)", "halves_amd64.s decodeHalvesAVX2 decode", "halves_arm64.s decodeHalvesNEON decode"},
	{"bag of rows of 8 bits (64 values)", "quantized_amd64.s byteSumAVX2 rows_8", "quantized_arm64.s byteSumNEON rows_8"},
	{"bag of rows of 4 bits (64 values)", "quantized_amd64.s halfByteSumAVX2 rows_8", "quantized_arm64.s halfByteSumNEON rows_8"},
	{"bag of rows (64 values)", "layers_amd64.s bagSumAVX2 rows_8", "layers_arm64.s bagSumNEON rows_8"},
}

// A core bounds the speed of a loop by what it issues in a cycle.
type core struct {
	name                     string
	width, arithmetic, loads int
}

// The cores: AMD's Software Optimization Guide for family 19h (Zen 3); Arm's Software
// Optimization Guides for Neoverse N1, V1 and V2; Dougall Johnson's measurements of Apple's
// M1 (Firestorm). Widths are those of dispatch; loads are of one register.
var (
	zen3     = core{"Zen 3", 6, 2, 2}
	armCores = []core{
		{"Apple M1", 8, 4, 3},
		{"Neoverse V2", 8, 4, 3},
		{"Neoverse V1", 8, 4, 3},
		{"Neoverse N1", 4, 2, 2},
	}
)

// cycles returns the least number of cycles of an iteration, and what bounds it.
func (c core) cycles(n loopCount) (float64, string) {
	bound, by := float64(n.all)/float64(c.width), "width"
	if v := float64(n.arithmetic) / float64(c.arithmetic); v >= bound {
		bound, by = v, "arithmetic"
	}
	if v := float64(n.loads) / float64(c.loads); v > bound {
		bound, by = v, "loads"
	}
	return bound, by
}

// countLoops counts the loops in the assembly in dir: for each, AVX2 and then NEON.
func countLoops(dir string) ([]loopCount, error) {
	var counts []loopCount
	for _, l := range countedLoops {
		for k, at := range []string{l.amd64, l.arm64} {
			f := strings.Fields(at)
			text, err := os.ReadFile(filepath.Join(dir, f[0]))
			if err != nil {
				return nil, fmt.Errorf("reading the assembly; run this in the root of the repository: %w", err)
			}
			body, err := loopBody(string(text), f[1], f[2])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f[0], err)
			}
			c := loopCount{loop: l.name, architecture: []string{"AVX2", "NEON"}[k]}
			for _, line := range body {
				c.count(line)
			}
			counts = append(counts, c)
		}
	}
	return counts, nil
}

// loopBody returns the instructions from the label to the last branch back to it.
func loopBody(text, function, label string) ([]string, error) {
	_, body, ok := strings.Cut(text, "TEXT ·"+function+"(SB)")
	if !ok {
		return nil, fmt.Errorf("no function %s", function)
	}
	body, _, _ = strings.Cut(body, "\nTEXT ")
	lines := strings.Split(body, "\n")
	first := slices.Index(lines, label+":")
	if first < 0 {
		return nil, fmt.Errorf("no label %s in %s", label, function)
	}
	var found, last []string
	for _, line := range lines[first+1:] {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") || strings.HasSuffix(line, ":") || strings.HasPrefix(line, "PCALIGN") {
			continue
		}
		found = append(found, line)
		if f := strings.Fields(line); len(f) == 2 && f[1] == label {
			last = slices.Clone(found)
			break
		}
	}
	if last == nil {
		return nil, fmt.Errorf("no branch to %s in %s", label, function)
	}
	return last, nil
}

var memory = regexp.MustCompile(`\([A-Z][A-Z0-9]*\)`)

// count adds an instruction.
func (c *loopCount) count(line string) {
	c.all++
	opcode, operands, _ := strings.Cut(line, " ")
	operands = strings.TrimSpace(operands)
	parts := strings.Split(operands, ", ")
	last := parts[len(parts)-1]
	if c.architecture == "NEON" {
		isLoad := strings.Contains(parts[0], "(") // the destination comes last
		switch {
		case opcode == "FLDPQ":
			c.loads += 2
		case opcode == "PRFM", strings.Contains(opcode, "MOV") && isLoad:
			c.loads++
		case opcode == "VLD1R":
			c.loads++
			c.arithmetic++
		case opcode == "WORD", strings.HasPrefix(opcode, "V") && opcode != "VMOV" && opcode != "VST1": // a move costs only its place
			c.arithmetic++
		}
		return
	}
	prefetches, compares := strings.HasPrefix(opcode, "PREFETCH"), strings.HasPrefix(opcode, "CMP")
	reads := prefetches || compares && memory.MatchString(last) || slices.ContainsFunc(parts[:len(parts)-1], memory.MatchString)
	if reads {
		c.loads++
	}
	if strings.HasPrefix(opcode, "V") && !strings.HasPrefix(opcode, "VMOV") && !(opcode == "VBROADCASTSS" && reads) {
		c.arithmetic++
	}
}

// writeCounts writes the table, with the speed of NEON on each core as a multiple of AVX2's
// on Zen 3, for each cycle.
func writeCounts(w io.Writer, counts []loopCount) {
	fmt.Fprint(w, "\n### Instructions of the inner loops\n\n",
		"Instructions, vector arithmetic and loads of an iteration, counted in the assembly. Each core needs at least\n",
		"as many cycles as the fullest of its resources; the last columns are the work per cycle of NEON on the core\n",
		"relative to AVX2 on Zen 3, and what limits NEON. Memory and branches are not part of this, nor that Neoverse's\n",
		"cores shift and look up in tables with half of their pipes.\n\n")
	head := []string{"loop", "AVX2: all", "arithmetic", "loads", "NEON: all", "arithmetic", "loads"}
	for _, c := range armCores {
		head = append(head, c.name)
	}
	var lines [][]string
	for i := 0; i < len(counts); i += 2 {
		a, n := counts[i], counts[i+1]
		line := []string{a.loop}
		for _, c := range []loopCount{a, n} {
			line = append(line, fmt.Sprint(c.all), fmt.Sprint(c.arithmetic), fmt.Sprint(c.loads))
		}
		before, _ := zen3.cycles(a)
		for _, c := range armCores {
			cycles, by := c.cycles(n)
			line = append(line, fmt.Sprintf("%.2f× %s", before/cycles, by))
		}
		lines = append(lines, line)
	}
	writeTable(w, head, lines)
}
