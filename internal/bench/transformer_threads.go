package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luminavec/luminavec/sentence/transformer"
)

// threadTimes returns the processor time of each thread of the process so far, in ticks; nil where the system
// does not say.
func threadTimes() map[string]int64 {
	times := map[string]int64{}
	files, _ := filepath.Glob("/proc/self/task/*/stat")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		// The name of the program, in brackets, may contain spaces; user and system time are fields 14 and 15.
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		if len(fields) < 13 {
			continue
		}
		user, _ := strconv.ParseInt(fields[11], 10, 64)
		system, _ := strconv.ParseInt(fields[12], 10, 64)
		times[name] = user + system
	}
	return times
}

// compareThreads encodes the sentences with one thread and with several in turn, and writes what each needed. The
// processor time says how much work more threads add, on a busy machine too; the time only on an idle one.
func (b *transformerBench) compareThreads(ctx context.Context, out io.Writer) error {
	data, err := os.ReadFile(filepath.Join(b.dir, "short.txt"))
	if err != nil {
		return err
	}
	texts := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	fmt.Fprintf(out, "%d sentences, 5 rounds with each number of threads in turn; medians.\n\n"+
		"| precision | threads | seconds | CPU seconds | seconds of 1 thread / seconds | CPU seconds / those of 1 thread | busiest threads |\n|---|---|---|---|---|---|---|\n", len(texts))
	for _, p := range transformer.Precisions() {
		e, err := transformer.OpenWith(ctx, b.model, transformer.Options{Precision: p})
		if err != nil {
			return err
		}
		if e.Precision() != p {
			continue // the processor lacks it
		}
		type round struct{ seconds, cpu, speedup, work float64 }
		rounds, shares := map[int][]round{}, map[int]map[string]int64{1: {}, b.threads: {}}
		for i := -1; i < 5; i++ { // the first warms up
			var one round
			for _, threads := range []int{1, b.threads} {
				runtime.GOMAXPROCS(threads)
				before, began, cpu := threadTimes(), time.Now(), cpuTime()
				if _, _, err := e.EncodeBatch(ctx, texts, threads); err != nil {
					return err
				}
				r := round{seconds: time.Since(began).Seconds(), cpu: (cpuTime() - cpu).Seconds()}
				if threads == 1 {
					one = r
				}
				if r.speedup, r.work = one.seconds/r.seconds, r.cpu/one.cpu; i < 0 {
					continue
				}
				rounds[threads] = append(rounds[threads], r)
				for name, t := range threadTimes() {
					shares[threads][name] += t - before[name]
				}
			}
		}
		for _, threads := range slices.Compact([]int{1, b.threads}) {
			median := func(of func(round) float64) float64 {
				var x []float64
				for _, r := range rounds[threads] {
					x = append(x, of(r))
				}
				slices.Sort(x)
				return x[len(x)/2]
			}
			fmt.Fprintf(out, "| %s | %d | %.2f | %.2f | %.2f | %.3f | %s |\n", p, threads, median(func(r round) float64 { return r.seconds }), median(func(r round) float64 { return r.cpu }),
				median(func(r round) float64 { return r.speedup }), median(func(r round) float64 { return r.work }), busiest(shares[threads], threads))
		}
	}
	return nil
}

// busiest returns the shares of the n threads with the most processor time.
func busiest(times map[string]int64, n int) string {
	var list []int64
	total := int64(0)
	for _, t := range times {
		list, total = append(list, t), total+t
	}
	slices.SortFunc(list, func(a, b int64) int { return int(b - a) })
	var shares []string
	for _, t := range list[:min(n, len(list))] {
		shares = append(shares, fmt.Sprintf("%.0f%%", 100*float64(t)/float64(max(total, 1))))
	}
	return strings.Join(shares, " ")
}
