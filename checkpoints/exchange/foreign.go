package exchange

import (
	"bytes"
	"fmt"
	"strings"
)

// pickled names a file that Python's pickle or an archive of it made, as PyTorch, NumPy and
// gensim write, and says how to get vectors out of it. name is "" for other files.
func pickled(data []byte) (name, hint string) {
	const (
		gensim = "save it in another format with gensim: vectors.save_word2vec_format('vectors.bin', binary=True)"
		torch  = "save its table as an array: numpy.save('vectors.npy', torch.load('FILE')['NAME'].float().numpy())"
	)
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) && len(data) > 30 {
		first := data[30:min(len(data), 30+int(little.Uint16(data[26:])))]
		switch {
		case bytes.HasSuffix(first, []byte("/data.pkl")), bytes.HasSuffix(first, []byte("/.format_version")):
			return "a PyTorch file, whose tensors are in a Python pickle", torch
		}
		return "", ""
	}
	pickle := len(data) > 1 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5
	for _, start := range []string{"ccopy_reg\n", "ccopyreg\n", "cnumpy", "cgensim", "(dp", "(lp"} { // protocol 0
		pickle = pickle || bytes.HasPrefix(data, []byte(start))
	}
	switch {
	case !pickle:
		return "", ""
	case bytes.HasPrefix(data, []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")): // torch's MAGIC_NUMBER
		return "a PyTorch file, whose tensors are in a Python pickle", torch
	case bytes.Contains(data, []byte("gensim")):
		return "a gensim model in a Python pickle", gensim
	case bytes.Contains(data, []byte("numpy")):
		return "a Python pickle of NumPy arrays", "load it in Python and save the array: numpy.save('vectors.npy', x)"
	}
	return "a Python pickle", gensim
}

// numpyType names the type of an array that cannot be read, by its descr.
func numpyType(descr string) string {
	kinds := map[byte]string{'i': "%d-bit integers", 'u': "%d-bit integers", 'c': "complex numbers of %d bits", 'f': "%d-bit floating-point numbers",
		'b': "truth values", 'O': "Python objects in a pickle", 'U': "text", 'S': "text", 'M': "dates", 'm': "durations",
		'V': "raw bytes, such as bfloat16"}
	kind := strings.TrimLeft(descr, "<>=|")
	if kind == "" || kinds[kind[0]] == "" || len(kind) > 1 && kind[1] >= 'a' { // a name, such as bfloat16
		return fmt.Sprintf("%.40q", descr)
	}
	what := kinds[kind[0]]
	if strings.Contains(what, "%d") {
		var n int
		fmt.Sscan(kind[1:], &n)
		what = fmt.Sprintf(what, 8*n)
	}
	return fmt.Sprintf("%.40q, %s", descr, what)
}
