package text_test

import (
	"context"
	"fmt"
	"log"

	"github.com/luminavec/luminavec/corpora/text"
)

func ExampleSource_Records() {
	src := text.FromBytes("talks.jsonl", []byte(`{"meta":{"id":7},"tags":["a","b"]}`+"\n"))
	err := src.Records(context.Background(), text.RecordOptions{}, func(in *text.Records) error {
		return in.Each(func(r *text.Record) error {
			id, err := r.Member(text.ParsePath("meta.id"))
			if err != nil {
				return err
			}
			tags, _ := r.Field("tags")
			fmt.Printf("%s: %s is %s, tags is %s\n", r.Position, id.Literal(), id.Kind(), tags.Kind())
			return nil
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: talks.jsonl:1: 7 is a number, tags is an array
}

func ExampleSource_Select() {
	src := text.FromBytes("talks.csv", []byte("id,text\n1,\"two\nlines\"\n"))
	if err := src.Select(text.Selection{Column: "text"}); err != nil {
		log.Fatal(err)
	}
	err := src.Read(context.Background(), func(c text.Chunk) error {
		fmt.Printf("%d: %s\n", c.Line, c.Text)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2: two
	// 3: lines
}
