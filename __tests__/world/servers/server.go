// Answers as answer.ts does, from Go's net/http: address, certificate, key and folder are the arguments.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

func file(request *http.Request) []byte {
	bytes, err := os.ReadFile(path.Join(os.Args[4], "bytes", path.Base(request.URL.Path)))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return bytes
}

func main() {
	http.HandleFunc("/bytes/", func(writer http.ResponseWriter, request *http.Request) {
		bytes := file(request)
		writer.Header().Set("Content-Length", strconv.Itoa(len(bytes)))
		writer.Write(bytes)
	})
	http.HandleFunc("/echo", func(writer http.ResponseWriter, request *http.Request) {
		bytes, err := io.ReadAll(request.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		writer.Header().Set("Content-Length", strconv.Itoa(len(bytes)))
		writer.Write(bytes)
	})
	http.HandleFunc("/none", func(writer http.ResponseWriter, _ *http.Request) { writer.WriteHeader(204) })
	http.HandleFunc("/events/", func(writer http.ResponseWriter, request *http.Request) {
		count, _ := strconv.Atoi(path.Base(request.URL.Path))
		writer.Header().Set("Content-Type", "text/event-stream")
		for index := 0; index < count; index++ {
			fmt.Fprintf(writer, "data: event %d %s\n\n", index, strings.Repeat(".", index*37%200))
			writer.(http.Flusher).Flush()
			time.Sleep(3 * time.Millisecond)
		}
	})
	http.HandleFunc("/trailers/", func(writer http.ResponseWriter, request *http.Request) {
		bytes := file(request)
		sum := sha256.Sum256(bytes)
		writer.Header().Set("Trailer", "X-Sum")
		writer.WriteHeader(200)
		writer.(http.Flusher).Flush()
		writer.Write(bytes)
		writer.Header().Set("X-Sum", hex.EncodeToString(sum[:]))
	})
	log.Fatal(http.ListenAndServeTLS(os.Args[1], os.Args[2], os.Args[3], nil))
}
