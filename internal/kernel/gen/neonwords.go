package main

import "fmt"

// The instructions that Go's assembler lacks are emitted as words. The encodings are those of
// the Arm Architecture Reference Manual (DDI 0487), section C7.2.

// three returns an instruction on two sources and a destination.
func three(name string, code uint32, format string) func(r []int) (uint32, string) {
	return func(r []int) (uint32, string) {
		d, n, m := r[0], r[1], r[2]
		return code | uint32(m)<<16 | uint32(n)<<5 | uint32(d),
			fmt.Sprintf("%s v%d.%s, v%d.%s, v%d.%s", name, d, format, n, format, m, format)
	}
}

// two returns an instruction on a source and a destination.
func two(name string, code uint32, format string) func(r []int) (uint32, string) {
	return func(r []int) (uint32, string) {
		return code | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("%s v%d.%s, v%d.%s", name, r[0], format, r[1], format)
	}
}

// widen returns an instruction from one format to another.
func widen(name string, code uint32, to, from, rest string) func(r []int) (uint32, string) {
	return func(r []int) (uint32, string) {
		return code | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("%s v%d.%s, v%d.%s%s", name, r[0], to, r[1], from, rest)
	}
}

// byLane returns a multiplication by lane 0 of the second source.
func byLane(name string, code uint32) func(r []int) (uint32, string) {
	return func(r []int) (uint32, string) {
		return code | uint32(r[2])<<16 | uint32(r[1])<<5 | uint32(r[0]),
			fmt.Sprintf("%s v%d.4s, v%d.4s, v%d.s[0]", name, r[0], r[1], r[2])
	}
}

// accumulate turns w into an instruction that adds to its destination, which is its first use too.
func accumulate(w func(r []int) (uint32, string)) func(r []int) (uint32, string) {
	return func(r []int) (uint32, string) { return w([]int{r[0], r[2], r[3]}) }
}

var (
	fadd   = three("fadd", 0x4e20d400, "4s")
	fsub   = three("fsub", 0x4ea0d400, "4s")
	fmul   = three("fmul", 0x6e20dc00, "4s")
	fdiv   = three("fdiv", 0x6e20fc00, "4s")
	fmax   = three("fmax", 0x4e20f400, "4s")
	fmin   = three("fmin", 0x4ea0f400, "4s")
	fmaxnm = three("fmaxnm", 0x4e20c400, "4s")
	fminnm = three("fminnm", 0x4ea0c400, "4s")
	fmla   = accumulate(three("fmla", 0x4e20cc00, "4s"))
	fmls   = accumulate(three("fmls", 0x4ea0cc00, "4s"))
	faddp  = three("faddp", 0x6e20d400, "4s")
	fcmgt  = three("fcmgt", 0x6ea0e400, "4s")
	fcmeq  = three("fcmeq", 0x4e20e400, "4s")
	fcmge  = three("fcmge", 0x6e20e400, "4s")
	addp   = three("addp", 0x4ea0bc00, "4s")
	smax   = three("smax", 0x4ea06400, "4s")

	fmlaLane = accumulate(byLane("fmla", 0x4f801000))
	fmlsLane = accumulate(byLane("fmls", 0x4f805000))
	fmulLane = byLane("fmul", 0x4f809000)

	fneg   = two("fneg", 0x6ea0f800, "4s")
	fsqrt  = two("fsqrt", 0x6ea1f800, "4s")
	frintn = two("frintn", 0x4e218800, "4s")
	fcvtns = two("fcvtns", 0x4e21a800, "4s")
	fcvtzs = two("fcvtzs", 0x4ea1b800, "4s")
	scvtf  = two("scvtf", 0x4e21d800, "4s")
	not    = two("mvn", 0x6e205800, "16b")

	sdot = accumulate(func(r []int) (uint32, string) {
		return 0x4e809400 | uint32(r[2])<<16 | uint32(r[1])<<5 | uint32(r[0]),
			fmt.Sprintf("sdot v%d.4s, v%d.16b, v%d.16b", r[0], r[1], r[2])
	})
	smull = func(r []int) (uint32, string) {
		return 0x0e20c000 | uint32(r[2])<<16 | uint32(r[1])<<5 | uint32(r[0]),
			fmt.Sprintf("smull v%d.8h, v%d.8b, v%d.8b", r[0], r[1], r[2])
	}
	smull2 = func(r []int) (uint32, string) {
		return 0x4e20c000 | uint32(r[2])<<16 | uint32(r[1])<<5 | uint32(r[0]),
			fmt.Sprintf("smull2 v%d.8h, v%d.16b, v%d.16b", r[0], r[1], r[2])
	}
	sadalp = func(r []int) (uint32, string) { // r[0] is tied to r[1]
		return 0x4e606800 | uint32(r[2])<<5 | uint32(r[0]), fmt.Sprintf("sadalp v%d.4s, v%d.8h", r[0], r[2])
	}
	// signs copies the sign bit of each lane to its other bits.
	signs = func(r []int) (uint32, string) {
		return 0x4f210400 | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("sshr v%d.4s, v%d.4s, #31", r[0], r[1])
	}
	// sdotLane multiplies by the first four bytes of the second source.
	sdotLane = accumulate(func(r []int) (uint32, string) {
		return 0x4f80e000 | uint32(r[2])<<16 | uint32(r[1])<<5 | uint32(r[0]),
			fmt.Sprintf("sdot v%d.4s, v%d.16b, v%d.4b[0]", r[0], r[1], r[2])
	})
	// The conversions of half the lanes to lanes of twice the size.
	bytesToWords = widen("sshll", 0x0f08a400, "8h", "8b", ", #0")
	wordsToInts  = widen("sshll", 0x0f10a400, "4s", "4h", ", #0")
	wordsToInts2 = widen("sshll2", 0x4f10a400, "4s", "8h", ", #0")
	fcvtl        = widen("fcvtl", 0x0e217800, "4s", "4h", "")
	fcvtl2       = widen("fcvtl2", 0x4e217800, "4s", "8h", "")
	// addPair adds lanes 0 and 1.
	addPair = func(r []int) (uint32, string) {
		return 0x7e30d800 | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("faddp s%d, v%d.2s", r[0], r[1])
	}
	fmaxv = func(r []int) (uint32, string) {
		return 0x6e30f800 | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("fmaxv s%d, v%d.4s", r[0], r[1])
	}
	umaxv = func(r []int) (uint32, string) {
		return 0x6eb0a800 | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("umaxv s%d, v%d.4s", r[0], r[1])
	}
)
