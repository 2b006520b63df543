package draw

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"path/filepath"
	"slices"
	"strings"

	_ "embed"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/layout"
	"github.com/luminavec/luminavec/index/serve/page"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plot"
)

// mapFormats are the formats of maps, which are the endings of their files.
var mapFormats = []string{"html", "svg", "png", "tsv", "jsonl", "parquet"}

// mapFormat returns the format of a file: the one that is named, or that of its ending.
func mapFormat(path, name string) (string, error) {
	switch {
	case path == "" && name != "":
		return "", cli.UsageError(fault.New("name the file to write: -o map."+name, "no output is named"))
	case path == "":
		return "", nil
	case name != "":
		return name, nil
	}
	end := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	switch end {
	case "htm":
		end = "html"
	case "ndjson":
		end = "jsonl"
	}
	if !slices.Contains(mapFormats, end) {
		return "", cli.UsageError(fault.New("name a file that ends in .html, .svg, .png, .tsv, .jsonl or .parquet, or use --format", "cannot write a map to %s", path))
	}
	return end, nil
}

// mapPoint is a row of a map as a table.
type mapPoint struct {
	Label       int64   `json:"label" parquet:"label"`
	X           float32 `json:"x" parquet:"x"`
	Y           float32 `json:"y" parquet:"y"`
	Cluster     int32   `json:"cluster" parquet:"cluster"` // -1: none
	ClusterName string  `json:"cluster_name" parquet:"cluster_name,dict"`
	Path        string  `json:"path" parquet:"path,dict"`
	FirstLine   int32   `json:"first_line" parquet:"first_line"`
	LastLine    int32   `json:"last_line" parquet:"last_line"`
	ID          string  `json:"id" parquet:"id"`
	Title       string  `json:"title" parquet:"title,dict"`
	Heading     string  `json:"heading" parquet:"heading,dict"`
	Text        string  `json:"text" parquet:"text"`
}

// complete fills in what the points have of the map.
func (d *drawing) complete() {
	for i := range d.points {
		p := &d.points[i]
		p.Label, p.X, p.Y, p.Cluster = d.Labels[i], d.X[i], d.Y[i], -1
		if d.Cluster != nil && d.Cluster[i] >= 0 {
			p.Cluster = d.Cluster[i]
			p.ClusterName = d.Clusters[p.Cluster].Name
		}
	}
}

// write writes the map in a format.
func (d *drawing) write(cmd *cobra.Command, w io.Writer, format string) error {
	switch format {
	case "tsv":
		return d.writeTSV(w)
	case "jsonl":
		for i := range d.points {
			if err := cli.WriteJSONLine(w, &d.points[i]); err != nil {
				return err
			}
		}
		return nil
	case "parquet":
		out := parquet.NewGenericWriter[mapPoint](w, parquet.Compression(&zstd.Codec{}), parquet.CreatedBy("luminavec", cli.Version(), ""))
		if _, err := out.Write(d.points); err != nil {
			return err
		}
		return out.Close()
	case "html":
		return d.writeHTML(w)
	}
	names := d.names()
	if format == "png" {
		var texts []string
		for _, n := range names {
			texts = append(texts, n.Text)
		}
		if n := plot.Missing(texts); n > 0 {
			cli.Warn(cmd, "the font of PNG files lacks characters of %s; .svg and .html show them", cli.Plural(n, "label", "labels"))
		}
	}
	x, y := d.axes()
	data, err := plot.Map(format, plot.Points{Title: d.title(), XLabel: x, YLabel: y, X: d.X, Y: d.Y, Group: d.Cluster, Names: names})
	if err != nil {
		return fmt.Errorf("drawing the map: %w", err)
	}
	_, err = w.Write(data)
	return err
}

func (d *drawing) title() string {
	name := d.name
	if abs, err := filepath.Abs(name); err == nil {
		name = filepath.Base(abs) // the picture may be shown to others
	}
	return fmt.Sprintf("%s: %s", plot.Clean(name, 60), cli.Plural(d.Len(), d.kind, d.kind+"s"))
}

// axes returns the names of the axes.
func (d *drawing) axes() (x, y string) {
	if d.Method == layout.PCA {
		return fmt.Sprintf("principal axis 1 (%.1f%% of the variance)", 100*d.Explained[0]), fmt.Sprintf("principal axis 2 (%.1f%%)", 100*d.Explained[1])
	}
	return "UMAP axis 1 (no unit)", "UMAP axis 2 (no unit)"
}

// names are the labels of a picture: those of the clusters, or the words.
func (d *drawing) names() (names []plot.Name) {
	if d.kind != "passage" {
		const most = 3000
		for i := range min(most, d.Len()) {
			names = append(names, plot.Name{Text: d.points[i].Text, X: d.X[i], Y: d.Y[i], Dot: true})
		}
		return names
	}
	for _, c := range d.Clusters {
		if c.Size > 0 {
			names = append(names, plot.Name{Text: c.Name, X: c.X, Y: c.Y})
		}
	}
	return names
}

func (d *drawing) writeTSV(w io.Writer) error {
	// Tabs and line breaks are spaces, as in the other tables of the command.
	clean := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ", "\x00", " ", "\u2028", " ", "\u2029", " ", "\v", " ", "\f", " ", "\u0085", " ")
	var b bytes.Buffer
	fmt.Fprintln(&b, "label\tx\ty\tcluster\tcluster_name\tpath\tfirst_line\tlast_line\tid\ttitle\theading\ttext")
	for _, p := range d.points {
		fmt.Fprintf(&b, "%d\t%g\t%g\t%d\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", p.Label, p.X, p.Y, p.Cluster, clean.Replace(p.ClusterName), clean.Replace(p.Path), p.FirstLine, p.LastLine,
			clean.Replace(p.ID), clean.Replace(p.Title), clean.Replace(p.Heading), clean.Replace(p.Text))
		if b.Len() > 1<<16 {
			if _, err := b.WriteTo(w); err != nil {
				return err
			}
		}
	}
	_, err := b.WriteTo(w)
	return err
}

//go:embed map.html
var mapPage string

// shownColumns is the largest number of columns of a text on a page.
const shownColumns = 280

// writeHTML writes the map as a page. All data is JSON, in which <, > and & are escaped.
func (d *drawing) writeHTML(w io.Writer) error {
	array := func(values any) (string, error) {
		b, err := binary.Append(nil, binary.LittleEndian, values)
		return base64.StdEncoding.EncodeToString(b), err
	}
	points := map[string]string{}
	for name, values := range map[string]any{"labels": d.Labels, "x": d.X, "y": d.Y, "cluster": d.Cluster} {
		if name == "cluster" && d.Cluster == nil {
			continue
		}
		var err error
		if points[name], err = array(values); err != nil {
			return err
		}
	}
	titles, texts := make([]string, len(d.points)), make([]string, len(d.points))
	for i, p := range d.points {
		if d.kind != "passage" {
			titles[i] = plot.Clean(p.Text, shownColumns)
			continue
		}
		if titles[i] = cli.Place(p.Path, [2]int{int(p.FirstLine), int(p.LastLine)}, p.ID); p.Heading != "" {
			titles[i] += " › " + plot.Clean(p.Heading, 100)
		}
		texts[i] = plot.Clean(p.Text, shownColumns)
	}
	clusters := d.Clusters
	if clusters == nil {
		clusters = []layout.Cluster{}
	}
	data, err := json.Marshal(map[string]any{"points": points, "clusters": clusters, "titles": titles, "texts": texts, "kind": d.kind})
	if err != nil {
		return err
	}
	x, y := d.axes()
	about := fmt.Sprintf("%s, seed %d. %s, %s.", d.Method, d.Seed, x, y)
	if d.Method == layout.UMAP {
		about = fmt.Sprintf("UMAP, seed %d. Near points are similar; the axes have no unit.", d.Seed)
	}
	_, err = strings.NewReplacer("{{title}}", html.EscapeString(d.title()), "{{about}}", html.EscapeString(about), "{{data}}", string(data), "{{script}}", page.MapScript).WriteString(w, mapPage)
	return err
}
