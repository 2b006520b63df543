package exchange

import "io"

// TSV: one vector per line, its values separated by tabs.
func init() {
	Register(Format{
		Name: "tsv", Extensions: []string{".tsv"},
		Description: "numbers separated by tabs",
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, nil, func(b []byte, row Row) []byte {
				return append(appendNumbers(b, row.Values, '\t'), '\n')
			}), nil
		},
	})
}
