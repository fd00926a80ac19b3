"""How one person is reached: gateways of this host, browsers' push services, texts, the couriers that carry them."""
