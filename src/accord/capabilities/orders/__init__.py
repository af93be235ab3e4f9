"""What one agency asks another to do with money: recalls and holds, their life, their clocks."""
