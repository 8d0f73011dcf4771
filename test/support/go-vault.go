// The life of a certificate by Go's packages of Debian (golang-github-azure-azure-sdk-for-go-dev, golang-golang-x-oauth2-dev),
// with a production configuration. Prints one JSON object.
package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/services/keyvault/v7.1/keyvault"
	"github.com/Azure/go-autorest/autorest"
	"golang.org/x/oauth2/clientcredentials"
)

type bearer string

func (token bearer) OAuthToken() string { return string(token) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx := context.Background()
	login := clientcredentials.Config{
		ClientID:     os.Getenv("ID"),
		ClientSecret: os.Getenv("SECRET"),
		TokenURL:     "https://login.microsoftonline.com/" + os.Getenv("TENANT") + "/oauth2/v2.0/token",
		Scopes:       []string{"https://vault.azure.net/.default"},
	}
	token, err := login.Token(ctx)
	must(err)
	vault := os.Getenv("VAULT")
	client := keyvault.New()
	client.Authorizer = autorest.NewBearerAuthorizer(bearer(token.AccessToken))

	exportable, issuer, subject, contentType := false, "Self", "CN=go", "application/x-pkcs12"
	operation, err := client.CreateCertificate(ctx, vault, "go", keyvault.CertificateCreateParameters{
		CertificatePolicy: &keyvault.CertificatePolicy{
			KeyProperties:             &keyvault.KeyProperties{Exportable: &exportable, KeyType: keyvault.RSA},
			SecretProperties:          &keyvault.SecretProperties{ContentType: &contentType},
			IssuerParameters:          &keyvault.IssuerParameters{Name: &issuer},
			X509CertificateProperties: &keyvault.X509CertificateProperties{Subject: &subject},
		},
	})
	must(err)
	for *operation.Status == "inProgress" {
		time.Sleep(100 * time.Millisecond)
		operation, err = client.GetCertificateOperation(ctx, vault, "go")
		must(err)
	}
	certificate, err := client.GetCertificate(ctx, vault, "go", "")
	must(err)

	listed := false
	page, err := client.GetCertificates(ctx, vault, nil, nil)
	must(err)
	for page.NotDone() {
		for _, item := range page.Values() {
			listed = listed || strings.HasSuffix(*item.ID, "/go")
		}
		must(page.NextWithContext(ctx))
	}

	digest := "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
	parts := strings.Split(*certificate.Kid, "/")
	signed, err := client.Sign(ctx, vault, "go", parts[len(parts)-1], keyvault.KeySignParameters{
		Algorithm: keyvault.PS256,
		Value:     &digest,
	})
	must(err)
	_, err = client.DeleteCertificate(ctx, vault, "go")
	must(err)
	_, gone := client.GetCertificate(ctx, vault, "go", "")
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"signature": len(*signed.Result), "listed": listed, "gone": gone != nil,
	}))
}
