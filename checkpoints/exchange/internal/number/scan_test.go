package number

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// wantFloat compares Scan with strconv, its definition.
func wantFloat(t *testing.T, text string) {
	t.Helper()
	got, n, err := Scan([]byte(text))
	want, wantErr := strconv.ParseFloat(text, 32)
	if (err == nil) != (wantErr == nil) || n != len(text) {
		t.Fatalf("%q: %v, %d bytes, error %v; want error %v", text, got, n, err, wantErr)
	}
	if math.Float32bits(got) != math.Float32bits(float32(want)) && !(got != got && want != want) {
		t.Fatalf("%q: %v (%#x), want %v (%#x)", text, got, math.Float32bits(got), want, math.Float32bits(float32(want)))
	}
}

func TestScanFloat(t *testing.T) {
	for _, text := range []string{
		"", "0", "-0", "+0", "0.0", "-0.0e9", "1", "-1", "+1", ".5", "5.", ".", "-", "+", "e1", "1e", "1e+", "1e-", "1E5", "1e5", "1e-5",
		"0.1", "0.30000001192092896", "16777217", "16777216", "16777219", "1e38", "3.4028235e38", "3.4028235677973366e38", "3.4028236e38", "1e39", "1e400",
		"1e-38", "1.17549435e-38", "1.1754942e-38", "1e-45", "7e-46", "7.1e-46", "1e-50", "0e999", "0e99999999999", "1e0000001",
		"123456789012345678", "1234567890123456789", "12345678901234567890", "9007199254740992", "9007199254740993", "0.000000000000000000001",
		"00000000000000000000001", "nan", "NaN", "inf", "-Inf", "infinity", "0x1p3", "0x1.8p-1", "1_000", "0x_1p2", "1.5f", "1,5", "--1", "1.2.3", "1e5.5",
		"8.5899345920000000e9", "33554433.0", "1.00000017881393421514957253748434595763683319091796875001", "1.00000017881393421514957253748434595763683319091796875",
	} {
		wantFloat(t, text)
	}
	for _, c := range []struct {
		text string
		n    int
	}{{"1.5 2", 3}, {"1.5\t2", 3}, {" 1", 0}, {"", 0}, {"x y", 1}} {
		if _, n, _ := Scan([]byte(c.text)); n != c.n {
			t.Errorf("%q: %d bytes, want %d", c.text, n, c.n)
		}
	}
}

// Every way in which programs write a float32 or a float64 reads as strconv
// reads it, midpoints between two float32 as well.
func TestScanFloatRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		bits := rng.Uint32()
		f := math.Float32frombits(bits)
		d := float64(f)
		between := (d + float64(math.Float32frombits(bits+1))) / 2
		for _, v := range []float64{d, between, rng.NormFloat64(), math.Float64frombits(rng.Uint64())} {
			for _, format := range []byte("efg") {
				wantFloat(t, strconv.FormatFloat(v, format, -1, 64))
				wantFloat(t, strconv.FormatFloat(v, format, -1, 32))
				wantFloat(t, strconv.FormatFloat(v, format, 6, 64))
			}
		}
	}
}

func FuzzScanFloat(f *testing.F) {
	for _, seed := range []string{"0.1", "-1.5e-7", "16777217", "nan", "0x1p-3", "1e", "1 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i := range len(text) {
			if text[i] == ' ' || text[i] == '\t' {
				return
			}
		}
		wantFloat(t, text)
	})
}
