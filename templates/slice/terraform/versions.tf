terraform {
  required_version = ">= 1.5"

  required_providers {
    hcloud = {
      source  = "hetznercloud/hcloud"
      version = "~> 1.51"
    }
  }
}

# Without a token here the provider takes HCLOUD_TOKEN from the environment.
provider "hcloud" {
  token = var.hcloud_token
}
