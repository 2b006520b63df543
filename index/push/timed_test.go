package push

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	client "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/fault"
)

// A server that accepts the connection and never says anything.
func TestSilentServer(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listen.Close()
	for _, scheme := range []string{"postgres", "qdrant", "weaviate"} {
		address := scheme + "://" + listen.Addr().String()
		began := time.Now()
		_, err := Open(t.Context(), address, Options{Table: "docs", Timeout: 100 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), "the database at "+listen.Addr().String()+" did not answer within 100ms") || !strings.Contains(fault.Hint(err), "more time") {
			t.Errorf("%s: %v", scheme, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: after %s", scheme, took)
		}
	}
}

// An address at which nothing listens.
func TestRefusedConnection(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listen.Addr().String()
	listen.Close()
	for scheme, name := range map[string]string{"postgres": "PostgreSQL", "qdrant": "Qdrant", "weaviate": "Weaviate"} {
		_, err := Open(t.Context(), scheme+"://"+address, Options{Table: "docs"})
		if err == nil || !strings.HasPrefix(err.Error(), "cannot connect to "+name+" at 127.0.0.1") || !strings.Contains(err.Error(), "refused") ||
			strings.Contains(err.Error(), "http://") || !strings.HasPrefix(fault.Hint(err), "check the address, and that the server runs") {
			t.Errorf("%s: %v; hint %s", scheme, err, fault.Hint(err))
		}
	}
}

// hangs answers until a batch is sent, or until the ids are asked for.
type hangs struct {
	fakePoints
	upserts int
}

func (h *hangs) Upsert(ctx context.Context, r *client.UpsertPoints) (*client.PointsOperationResponse, error) {
	if h.upserts++; h.upserts == 2 {
		return h.fakePoints.Upsert(ctx, r)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// A batch that is not answered is sent again; after the last attempt the error says so.
func TestSilentBatch(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, fake := grpc.NewServer(), &fakeQdrant{points: map[string]*client.PointStruct{}}
	client.RegisterQdrantServer(server, fake)
	client.RegisterCollectionsServer(server, fakeCollections{fakeQdrant: fake})
	client.RegisterPointsServer(server, &hangs{fakePoints: fakePoints{fakeQdrant: fake}})
	go server.Serve(listen)
	defer server.Stop()

	dir, _, _ := testCollection(t)
	c, err := collection.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	target, err := Open(t.Context(), "qdrant://"+listen.Addr().String(), Options{Table: "docs", Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	var retries []string
	o := RunOptions{Batch: 3, Attempts: 2, OnRetry: func(err error, _ time.Duration) { retries = append(retries, err.Error()) }}
	_, err = Run(t.Context(), c, target, o) // the first batch needs two attempts, the second has two in vain
	want := "did not answer within 1s"
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "tried 2 times") {
		t.Errorf("got %v", err)
	}
	if len(retries) != 2 || !strings.Contains(retries[0], want) {
		t.Errorf("tried again after %q", retries)
	}
	if len(fake.points) != 3 {
		t.Errorf("%d rows are stored, want the 3 of the first batch", len(fake.points))
	}
}

// The caller's own end is not a timeout.
func TestCancelIsNotTimeout(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := within(ctx, time.Hour, "x", func(ctx context.Context, _ func()) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, errTemporary) {
		t.Errorf("got %v", err)
	}
}
