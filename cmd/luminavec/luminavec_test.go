package main

import (
	"testing"

	"github.com/luminavec/luminavec/internal/cli/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, "luminavec", main) }

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }
