"""What makes a token good, apart from where its key comes from."""
