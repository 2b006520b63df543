package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

type serveOptions struct {
	program     string
	rate        int
	duration    time.Duration
	connections int
	over        float64
	mode        string
	k           int
}

func serveCommand() *cobra.Command {
	o := serveOptions{program: "search", rate: 500, duration: 10 * time.Second, connections: 64, over: 10, mode: "hybrid", k: 10}
	cmd := &cobra.Command{
		Use:   "serve COLLECTION",
		Short: "Measure 'search serve' under load: latencies at a rate, the most it answers, and how it sheds what is more",
		Long: `
It starts 'search serve' and asks it sentences of the STS benchmark, in four parts: at a fixed rate,
as many as it answers, at --over times that, and at the rate again. At a rate, the latency of a
request is the time from when it should have been sent, so that a request that waits for another
counts as late (no coordinated omission). The load comes from the same machine: its processor time is
a column of its own.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(fault.New("make one with 'search build'", "expected one collection, got %d", len(args)))
			}
			return benchServe(cmd.Context(), cmd.OutOrStdout(), args[0], o)
		},
	}
	return cli.Declare(cmd, "Load",
		cli.Flag{Name: "program", Arg: "FILE", Into: &o.program, Help: "the program search"},
		cli.Flag{Name: "rate", Arg: "N", Into: &o.rate, Help: "requests per second", Positive: true},
		cli.Flag{Name: "duration", Arg: "TIME", Into: &o.duration, Help: "of each part"},
		cli.Flag{Name: "connections", Arg: "N", Into: &o.connections, Help: "clients that ask again as soon as they have an answer", Positive: true},
		cli.Flag{Name: "over", Arg: "X", Into: &o.over, Help: "how many times as much as it answers the third part asks"},
		cli.Flag{Name: "mode", Arg: "MODE", Into: &o.mode, Help: "how passages are found"},
		cli.Flag{Name: "k", Short: "k", Arg: "N", Into: &o.k, Help: "number of passages", Positive: true})
}

// load asks a server.
type load struct {
	url    string // of the server
	query  string // of the query route
	client *http.Client
	bodies [][]byte
}

// part is what was measured in one part.
type part struct {
	name      string
	took      time.Duration
	latencies []time.Duration // of answers, sorted
	statuses  map[int]int     // 0: no answer
	server    time.Duration   // processor time
	own       time.Duration
}

func benchServe(ctx context.Context, out io.Writer, dir string, o serveOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	child := exec.CommandContext(ctx, o.program, "serve", dir, "--addr", "127.0.0.1:0", "--json", "--log", "none")
	child.Stderr = os.Stderr
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	address, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		return fault.New("build it with 'go build ./cmd/search' and name it", "cannot start %s: %w", o.program, err)
	}
	defer child.Wait()
	defer cancel()
	var served struct {
		Address string `json:"address"`
		Served  []struct {
			Name     string `json:"name"`
			Passages int64  `json:"passages"`
		} `json:"served"`
	}
	line, err := bufio.NewReader(address).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &served) != nil || len(served.Served) != 1 {
		return fmt.Errorf("%s did not print an address: %s", o.program, line)
	}
	l := &load{url: served.Address, query: served.Address + "/v1/collections/" + served.Served[0].Name + "/query",
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4096, DisableCompression: true}}}
	for _, p := range sets.STSBenchmarkDev().Pairs {
		for _, text := range []string{p.A, p.B} {
			body, err := json.Marshal(map[string]any{"text": text, "k": o.k, "mode": o.mode})
			if err != nil {
				return err
			}
			l.bodies = append(l.bodies, body)
		}
	}
	if _, err := l.ask(ctx, 0); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, k = %d, %s passages, %s; load and server share %s\n\n", o.mode, o.k, cli.Thousands(served.Served[0].Passages), runtime.GOARCH, cli.Plural(runtime.NumCPU(), "core", "cores"))
	fmt.Fprintln(out, "| load | asked/s | answered/s | refused | failed | p50 | p99 | max | CPU of server per answer | CPU of load per request |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|")
	most := 0.0
	for _, run := range []func() *part{
		func() *part { return l.atRate(ctx, "warm", float64(o.rate), o.duration/4) },
		func() *part { return l.atRate(ctx, fmt.Sprintf("%d/s", o.rate), float64(o.rate), o.duration) },
		func() *part { return l.closed(ctx, o.connections, o.duration) },
		func() *part { return l.atRate(ctx, fmt.Sprintf("%g × that", o.over), o.over*most, o.duration) },
		func() *part {
			return l.atRate(ctx, fmt.Sprintf("%d/s after it", o.rate), float64(o.rate), o.duration)
		},
	} {
		before, own := l.cpu(ctx), cpuTime()
		p := run()
		p.server, p.own = l.cpu(ctx)-before, cpuTime()-own
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.name == "most" {
			most = float64(p.statuses[http.StatusOK]) / p.took.Seconds()
		}
		fmt.Fprintln(out, p)
	}
	return nil
}

// String returns a row of the table.
func (p *part) String() string {
	ok, refused, all := p.statuses[http.StatusOK], p.statuses[http.StatusTooManyRequests]+p.statuses[http.StatusServiceUnavailable], 0
	for _, n := range p.statuses {
		all += n
	}
	per := func(d time.Duration, n int) string {
		if n == 0 {
			return "–"
		}
		return fmt.Sprintf("%.2f ms", d.Seconds()*1000/float64(n))
	}
	at := func(q float64) string {
		if len(p.latencies) == 0 {
			return "–"
		}
		return fmt.Sprintf("%.1f ms", p.latencies[quantile(len(p.latencies), q)].Seconds()*1000)
	}
	return fmt.Sprintf("| %s | %.0f | %.0f | %d | %d | %s | %s | %s | %s | %s |", p.name, float64(all)/p.took.Seconds(), float64(ok)/p.took.Seconds(), refused, all-ok-refused,
		at(0.5), at(0.99), at(1), per(p.server, ok), per(p.own, all))
}

// quantile returns the place of a quantile among n sorted values.
func quantile(n int, q float64) int { return min(n-1, max(0, int(math.Ceil(q*float64(n)))-1)) }

// ask sends a request and returns the status of the answer, which it reads.
func (l *load) ask(ctx context.Context, i int) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.query, bytes.NewReader(l.bodies[i%len(l.bodies)]))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := l.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode >= 500 && answer.StatusCode != http.StatusServiceUnavailable {
		err = errors.New(answer.Status)
	}
	return answer.StatusCode, err
}

// tally collects answers.
type tally struct {
	mu sync.Mutex
	p  part
}

func newTally(name string) *tally { return &tally{p: part{name: name, statuses: map[int]int{}}} }

func (t *tally) note(status int, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p.statuses[status]++
	if status == http.StatusOK {
		t.p.latencies = append(t.p.latencies, took)
	}
}

func (t *tally) end(began time.Time) *part {
	t.p.took = time.Since(began)
	slices.Sort(t.p.latencies)
	return &t.p
}

// mostWaiting is the number of requests at a rate that wait for answers at a time.
const mostWaiting = 2048

// atRate sends requests at a rate, whether or not answers come.
func (l *load) atRate(ctx context.Context, name string, rate float64, d time.Duration) *part {
	t, began := newTally(name), time.Now()
	n := int64(rate * d.Seconds())
	var next atomic.Int64
	var work sync.WaitGroup
	for range min(n, mostWaiting) {
		work.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= n {
					return
				}
				due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
				if due.After(began.Add(d)) || time.Since(began) > 2*d { // the load itself cannot keep up
					return
				}
				time.Sleep(time.Until(due))
				status, _ := l.ask(ctx, int(i))
				t.note(status, time.Since(due))
			}
		})
	}
	work.Wait()
	return t.end(began)
}

// closed has clients that ask again as soon as they have an answer.
func (l *load) closed(ctx context.Context, clients int, d time.Duration) *part {
	t, began := newTally("most"), time.Now()
	var next atomic.Int64
	var work sync.WaitGroup
	for range clients {
		work.Go(func() {
			for ctx.Err() == nil && time.Since(began) < d {
				sent := time.Now()
				status, _ := l.ask(ctx, int(next.Add(1)))
				t.note(status, time.Since(sent))
			}
		})
	}
	work.Wait()
	return t.end(began)
}

var cpuSeconds = regexp.MustCompile(`(?m)^process_cpu_seconds_total ([0-9.e+-]+)$`)

// cpu returns the processor time of the server, or 0 where it is not known.
func (l *load) cpu(ctx context.Context) time.Duration {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+"/metrics", nil)
	if err != nil {
		return 0
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if m := cpuSeconds.FindStringSubmatch(string(text)); m != nil {
		if s, err := strconv.ParseFloat(strings.TrimSpace(m[1]), 64); err == nil {
			return time.Duration(s * float64(time.Second))
		}
	}
	return 0
}
