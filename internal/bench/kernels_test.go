package main

import (
	"strings"
	"testing"
)

func TestLoopCounts(t *testing.T) {
	const x86 = `
TEXT ·f(SB), NOSPLIT, $0-8
	VXORPS Y0, Y0, Y0
again:
	// a comment
	VMOVUPS      (AX)(BX*1), Y1
	VFMADD231PS  32(AX), Y1, Y0
	VBROADCASTSS 4(CX), Y2
	VMOVUPS      Y0, (AX)
	CMPQ         BX, 8(DX)
	JNE          again
	RET

TEXT ·g(SB), NOSPLIT, $0-8
`
	const arm = `
TEXT ·f(SB), NOSPLIT, $0-8
	VMOVI $0, V0.B16
again:
	FLDPQ 0(R1), (F1, F2)
inner:
	FMOVS (R1)(R2<<2), F3
	WORD $0x4f981397 // fmla v23.4s, v28.4s, v24.s[0]
	VEOR V1.B16, V2.B16, V3.B16
	VMOV V1.B16, V2.B16
	FSTPQ (F1, F2), 0(R3)
	SUBS $1, R0, R0
	BNE again
	RET
`
	for _, c := range []struct {
		text, architecture string
		want               loopCount
	}{
		{x86, "AVX2", loopCount{all: 6, arithmetic: 1, loads: 4}},
		{arm, "NEON", loopCount{all: 8, arithmetic: 2, loads: 3}},
	} {
		body, err := loopBody(c.text, "f", "again")
		if err != nil {
			t.Fatal(err)
		}
		got := loopCount{architecture: c.architecture}
		for _, line := range body {
			got.count(line)
		}
		got.architecture = ""
		if got != c.want {
			t.Errorf("%s: counted %+v, want %+v", c.architecture, got, c.want)
		}
	}
	if _, err := loopBody(x86, "g", "again"); err == nil {
		t.Error("found a loop in the wrong function")
	}
}

// TestCountedLoops fails if a loop of the table is no longer in the assembly.
func TestCountedLoops(t *testing.T) {
	counts, err := countLoops("../kernel")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	writeCounts(&b, counts)
	if got := strings.Count(b.String(), "\n| "); got != len(countedLoops)+1 {
		t.Errorf("%d lines in the table, want %d:\n%s", got, len(countedLoops)+1, b.String())
	}
	for i := 1; i < len(counts); i += 2 {
		before, _ := zen3.cycles(counts[i-1])
		after, by := armCores[0].cycles(counts[i])
		if ratio := before / after; ratio < 0.7 && !strings.Contains(counts[i].loop, "without") {
			t.Errorf("%s: %.2f times the work per cycle of AVX2, limited by %s", counts[i].loop, ratio, by)
		}
	}
}
