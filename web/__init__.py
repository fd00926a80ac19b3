"""The web role: API, websockets, dashboard, accounts and the one database. Never a camera or a recordings folder."""
