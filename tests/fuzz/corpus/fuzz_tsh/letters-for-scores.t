config!event_dateryc 1Smith, Ann Mery 1500 2 0 3; 400 50 -3; p12 1 02 
eeL 0 1 3; #begin_#end"Woog=400 -12; p12 2 1
Moe, Cy 88 0 2 1; -50 310 
