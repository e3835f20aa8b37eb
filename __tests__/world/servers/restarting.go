// Answers everything with `well`, and writes `seen 7` for each request with `X-Number: 7`. With SIGTERM it finishes what is under way.
// Its arguments are the address, and certificate and key for HTTPS.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	server := &http.Server{Addr: os.Args[1], Handler: http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		io.Copy(io.Discard, request.Body)
		fmt.Printf("seen %s\n", request.Header.Get("X-Number"))
		fmt.Fprint(writer, "well")
	})}
	go func() {
		if len(os.Args) > 2 {
			server.ListenAndServeTLS(os.Args[2], os.Args[3])
		} else {
			server.ListenAndServe()
		}
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	server.Shutdown(context.Background())
}
