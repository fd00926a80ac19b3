"""Recordings as HLS: playlists from the database and the recorders' tables, media from the recorders, over the bus.

Nothing is decoded or encoded here, and no recordings folder is touched: web may run on another host.
"""
