package main

import (
	"testing"

	"github.com/luminavec/luminavec/internal/cli/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, "train", main) }

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }

func TestHelp(t *testing.T) { clitest.CheckHelp(t, root()) }
