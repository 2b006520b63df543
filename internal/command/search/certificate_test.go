package search

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A renewed certificate is used, one that cannot be read is not, and is warned about once.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	warnings := 0
	c := &certificate{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), warn: func(error) { warnings++ }}
	at := time.Now().Add(-time.Hour)
	write := func(serial int64, certificate []byte) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if certificate == nil {
			template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
			if certificate, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
				t.Fatal(err)
			}
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Minute)
		for path, block := range map[string]*pem.Block{c.cert: {Type: "CERTIFICATE", Bytes: certificate}, c.key: {Type: "PRIVATE KEY", Bytes: private}} {
			if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	serial := func() int64 {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil || pair == nil {
			t.Fatal(pair, err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	write(1, nil)
	first := serial()
	write(2, nil)
	second := serial()
	write(3, []byte("damaged"))
	third, again := serial(), serial()
	write(4, nil)
	if fourth := serial(); first != 1 || second != 2 || third != 2 || again != 2 || fourth != 4 || warnings != 1 {
		t.Errorf("certificates %d, %d, %d, %d and %d, with %d warnings", first, second, third, again, fourth, warnings)
	}
}
