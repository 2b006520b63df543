package serve

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/luminavec/luminavec/index/serve/shelf"
)

// metrics are what /metrics reports.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	shed     prometheus.Counter
	changes  *prometheus.CounterVec
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "luminavec_requests_total", Help: "Requests answered, by operation and HTTP status."}, []string{"operation", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "luminavec_request_seconds", Help: "Time from the first byte of a request to the last of its answer, by operation.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"operation"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "luminavec_requests_in_flight", Help: "Requests that are being answered or wait."}),
		shed:     prometheus.NewCounter(prometheus.CounterOpts{Name: "luminavec_requests_shed_total", Help: "Requests refused because too many were waiting."}),
		changes:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "luminavec_changes_total", Help: "Changes of collections and models that were noticed, by name and what happened: reloaded, deleted or failed."}, []string{"name", "what"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.shed, m.changes, &sizes{s, prometheus.NewDesc("luminavec_passages", "Passages of a collection.", []string{"collection"}, nil)},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) observe(r *http.Request, status int, took time.Duration) {
	operation := r.Pattern
	if _, path, ok := strings.Cut(operation, " "); ok {
		operation = r.Method + " " + path
	}
	if operation == "" {
		operation = "other"
	}
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

// Noticed counts and logs what happened to a folder of the shelf. It is meant for [shelf.Options].
func (s *Server) Noticed(e shelf.Event) {
	s.metrics.changes.WithLabelValues(e.Name, e.What).Inc()
	switch e.What {
	case shelf.Failed:
		s.log.Error("cannot open a changed folder; its last state stays", "name", e.Name, "error", e.Err.Error())
	case shelf.Deleted:
		s.log.Warn("folder was deleted", "name", e.Name)
	default:
		s.log.Info("folder has changed", "name", e.Name)
	}
}

// sizes reports the sizes of collections.
type sizes struct {
	s        *Server
	passages *prometheus.Desc
}

func (c *sizes) Describe(to chan<- *prometheus.Desc) { to <- c.passages }

func (c *sizes) Collect(to chan<- prometheus.Metric) {
	for _, name := range c.s.shelf.Collections() {
		if found, done, err := c.s.shelf.Collection(name); err == nil {
			to <- prometheus.MustNewConstMetric(c.passages, prometheus.GaugeValue, float64(found.Len()), strings.ToValidUTF8(name, "\uFFFD"))
			done()
		}
	}
}

// logRequest writes a line about a request, without what was asked.
func (s *Server) logRequest(r *http.Request, w *recorder, took time.Duration) {
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics" {
		return
	}
	s.log.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", w.status, "bytes", w.bytes, "ms", float64(took.Microseconds())/1000, "from", r.RemoteAddr)
}
