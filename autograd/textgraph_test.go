package autograd

import "testing"

func TestTextGraph(t *testing.T) { checkTextEngine(t, "stock graph", NewTextGraph) }
