package push

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"

	client "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestQdrant runs against a stand-in for the server, with the protocol of the real one and exact search.
func TestQdrant(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, fake := grpc.NewServer(), &fakeQdrant{points: map[string]*client.PointStruct{}}
	client.RegisterQdrantServer(server, fake)
	client.RegisterCollectionsServer(server, fakeCollections{fakeQdrant: fake})
	client.RegisterPointsServer(server, fakePoints{fakeQdrant: fake})
	go server.Serve(listen)
	defer server.Stop()
	testTarget(t, func(t *testing.T) Target {
		target, err := Open(t.Context(), "qdrant://"+listen.Addr().String(), Options{Table: "docs"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { target.Close() })
		return target
	})
}

type fakeQdrant struct {
	client.UnimplementedQdrantServer
	sync.Mutex
	params *client.VectorParams // of the collection docs
	points map[string]*client.PointStruct
}

func (f *fakeQdrant) HealthCheck(context.Context, *client.HealthCheckRequest) (*client.HealthCheckReply, error) {
	return &client.HealthCheckReply{Title: "stand-in", Version: "1.17.0"}, nil
}

type fakeCollections struct {
	client.UnimplementedCollectionsServer
	*fakeQdrant
}

func (f fakeCollections) CollectionExists(_ context.Context, r *client.CollectionExistsRequest) (*client.CollectionExistsResponse, error) {
	return &client.CollectionExistsResponse{Result: &client.CollectionExists{Exists: f.params != nil && r.CollectionName == "docs"}}, nil
}

func (f fakeCollections) Create(_ context.Context, r *client.CreateCollection) (*client.CollectionOperationResponse, error) {
	f.params = r.VectorsConfig.GetParams()
	f.fakeQdrant.params = f.params
	return &client.CollectionOperationResponse{Result: true}, nil
}

func (f fakeCollections) Get(context.Context, *client.GetCollectionInfoRequest) (*client.GetCollectionInfoResponse, error) {
	return &client.GetCollectionInfoResponse{Result: &client.CollectionInfo{Config: &client.CollectionConfig{Params: &client.CollectionParams{VectorsConfig: client.NewVectorsConfig(f.params)}}}}, nil
}

type fakePoints struct {
	client.UnimplementedPointsServer
	*fakeQdrant
}

func (f fakePoints) Upsert(_ context.Context, r *client.UpsertPoints) (*client.PointsOperationResponse, error) {
	f.Lock()
	defer f.Unlock()
	for _, p := range r.Points {
		if n := len(values(p)); n != int(f.params.Size) {
			return nil, status.Error(codes.InvalidArgument, fmt.Sprintf("vector of %d values", n))
		}
		f.points[p.Id.GetUuid()] = p
	}
	return &client.PointsOperationResponse{Result: &client.UpdateResult{Status: client.UpdateStatus_Completed}}, nil
}

func values(p *client.PointStruct) []float32 { return p.GetVectors().GetVector().GetDense().GetData() }

func (f fakePoints) Delete(_ context.Context, r *client.DeletePoints) (*client.PointsOperationResponse, error) {
	f.Lock()
	defer f.Unlock()
	for _, id := range r.Points.GetPoints().GetIds() {
		delete(f.points, id.GetUuid())
	}
	return &client.PointsOperationResponse{Result: &client.UpdateResult{Status: client.UpdateStatus_Completed}}, nil
}

func (f fakePoints) Get(_ context.Context, r *client.GetPoints) (*client.GetResponse, error) {
	f.Lock()
	defer f.Unlock()
	response := &client.GetResponse{}
	for _, id := range r.Ids {
		if p := f.points[id.GetUuid()]; p != nil {
			response.Result = append(response.Result, &client.RetrievedPoint{Id: p.Id, Payload: p.Payload})
		}
	}
	return response, nil
}

// Scroll returns two points at a time, to test the pages.
func (f fakePoints) Scroll(_ context.Context, r *client.ScrollPoints) (*client.ScrollResponse, error) {
	f.Lock()
	defer f.Unlock()
	var all []*client.PointStruct
	for _, p := range f.points {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *client.PointStruct) int {
		return bytes.Compare([]byte(a.Id.GetUuid()), []byte(b.Id.GetUuid()))
	})
	response := &client.ScrollResponse{}
	for _, p := range all {
		if p.Id.GetUuid() < r.Offset.GetUuid() {
			continue
		}
		if len(response.Result) == 2 {
			response.NextPageOffset = p.Id
			break
		}
		response.Result = append(response.Result, &client.RetrievedPoint{Id: p.Id, Payload: p.Payload})
	}
	return response, nil
}

func (f fakePoints) Query(_ context.Context, r *client.QueryPoints) (*client.QueryResponse, error) {
	f.Lock()
	defer f.Unlock()
	response := &client.QueryResponse{}
	for _, p := range f.points {
		var score float32
		for i, x := range r.Query.GetNearest().GetDense().GetData() { // the vectors have length 1
			score += x * values(p)[i]
		}
		response.Result = append(response.Result, &client.ScoredPoint{Id: p.Id, Payload: p.Payload, Score: score})
	}
	slices.SortFunc(response.Result, func(a, b *client.ScoredPoint) int { return cmp.Compare(b.Score, a.Score) })
	response.Result = response.Result[:min(int(r.GetLimit()), len(response.Result))]
	return response, nil
}
