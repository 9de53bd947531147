"""What a map client needs to show the tiles: styles, sprites, glyphs."""
