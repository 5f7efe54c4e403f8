// Package ext stands where Traefik has a folder that its module does not hold: types by which others extend its configuration.
package ext

type HTTP struct{}

type Router struct{}
