// The peer in Go: net/http, or net/http/fcgi with the argument "fcgi".
//
//	go SOCKET SERVICE-URL http|fcgi
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"time"
)

type flowAction struct {
	Lead map[string]any `json:"lead"`
}

type person struct {
	Company struct {
		Employees json.Number `json:"employees"`
	} `json:"company"`
	Person struct {
		Title string `json:"title"`
	} `json:"person"`
}

type fields struct {
	NumberOfEmployees json.Number
	Title             string
}

type answer struct {
	Outcome string  `json:"outcome"`
	Fields  *fields `json:"fields,omitempty"`
}

var service string

var client = &http.Client{
	Timeout: 30 * time.Second,
	// The default keeps two connections to a host, and opens one for nearly every call.
	Transport: &http.Transport{MaxIdleConns: 20000, MaxIdleConnsPerHost: 20000, IdleConnTimeout: time.Minute},
}

// render writes the three tokens of the payload, the one inside a string without the quotes of its own.
func render(lead map[string]any) []byte {
	token := func(name string) []byte {
		value, _ := json.Marshal(lead[name])
		return value
	}
	name := token("First Name")
	var payload bytes.Buffer
	payload.WriteString(`{"email": `)
	payload.Write(token("Email Address"))
	payload.WriteString(`, "greeting": "Dear `)
	payload.Write(name[1 : len(name)-1])
	payload.WriteString(`", "company": `)
	payload.Write(token("Company Name"))
	payload.WriteString(`}`)
	return payload.Bytes()
}

func call(payload []byte) (*fields, error) {
	request, err := http.NewRequest("POST", service, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var found person
	if err := json.Unmarshal(body, &found); err != nil {
		return nil, err
	}
	return &fields{found.Company.Employees, found.Person.Title}, nil
}

func handle(writer http.ResponseWriter, request *http.Request) {
	writer.Header().Set("Content-Type", "application/json")
	body, err := io.ReadAll(request.Body)
	var action flowAction
	if err != nil || json.Unmarshal(body, &action) != nil {
		writer.WriteHeader(http.StatusBadRequest)
		return
	}
	result := answer{Outcome: "updated"}
	if result.Fields, err = call(render(action.Lead)); err != nil {
		result.Outcome = "failed"
	}
	text, _ := json.Marshal(result)
	writer.Write(text)
}

func main() {
	service = os.Args[2]
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if os.Args[3] == "fcgi" {
		log.Fatal(fcgi.Serve(listener, http.HandlerFunc(handle)))
	}
	log.Fatal(http.Serve(listener, http.HandlerFunc(handle)))
}
